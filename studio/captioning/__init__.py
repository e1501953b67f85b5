"""Captions for pictures: by BLIP, or from the fields of a record."""

__all__ = ["blip", "record_captions"]
