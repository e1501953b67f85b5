"""The safety check of generated and uploaded pictures. It depends on torch, not on the site."""

__all__ = ["picture_check"]
