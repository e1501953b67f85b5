"""Walls that an audience steers: what is written for them, which way they walk, what is kept of them. No routes."""

__all__ = ["corridors", "director", "programme", "stretches", "walls", "words"]
