"""Compositions: how a picture is built, as JSON that may be forged, and drawn of what a scene shows."""

__all__ = ["composing", "composition", "dyeing", "field_readers", "layouts", "register", "turning"]
