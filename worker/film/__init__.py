"""From pictures to files: encoding, timing, flash safety, smoothness. Imports no model."""

__all__ = [
    "encoding",
    "flash_safety",
    "palette",
    "scratch",
    "small_gif",
    "smoothness_measure",
    "sound",
    "timing",
    "video",
    "writers",
]
