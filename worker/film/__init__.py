"""From pictures to files: encoding, timing, flash safety, smoothness. Knows no model."""

__all__ = ["encoding", "flash_safety", "smoothness_measure", "timing"]
