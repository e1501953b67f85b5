"""Graphic styles made of cloth and paper."""

__all__ = ["batik", "cut_paper", "layered_paper", "tapestry", "textile"]
