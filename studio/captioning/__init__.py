"""Captions: by BLIP, or from what a record says."""

__all__ = ["blip", "record_captions"]
