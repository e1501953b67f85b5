"""Styles: named ways of painting, what suits each, and which is nearest to a prompt."""

__all__ = ["added", "artists", "catalogues", "proposals", "samples", "shipped", "style", "suiting"]
