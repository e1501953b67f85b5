"""Graphic styles that are printed or scratched: lines and screens of ink make the things."""

__all__ = ["cyanotype", "etching", "linocut", "poster", "risograph", "scratchboard", "silkscreen", "woodcut"]
