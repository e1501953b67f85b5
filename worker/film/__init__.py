"""From pictures to files: encoding, timing, flash safety, smoothness. Imports no model."""

__all__ = ["encoding", "flash_safety", "scratch", "smoothness_measure", "timing"]
