"""Compositions: how a picture is laid out and in which marks it is drawn, validated from JSON."""

__all__ = ["composing", "composition", "dyeing", "field_readers", "layouts", "register", "turning"]
