"""Live walls that an audience steers: their words, their legs, and the walks that preserve them. No routes."""

__all__ = ["corridors", "director", "programme", "screen_keys", "stretches", "walls", "words"]
