"""Light on a scene: the modelling of things, their shadows, and the vignette."""

__all__ = ["form", "light", "shadow"]
