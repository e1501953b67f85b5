"""Graphic styles that are printed or scratched: lines and screens of ink form the things."""

__all__ = ["cyanotype", "etching", "linocut", "poster", "risograph", "scratchboard", "silkscreen", "woodcut"]
