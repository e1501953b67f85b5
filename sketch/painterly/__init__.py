"""Redraw scenes as a painter sets them up: a place with depth, light from one side, few tones, partly lost edges."""

__all__ = ["arranging", "composing", "posture"]
