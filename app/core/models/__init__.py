"""Models without torch, for site and workers: their kind, whether their files are complete, facts and licence."""

__all__ = [
    "aspects", "cache", "errors", "facts", "families", "folder", "hub", "kinds", "names", "noise_levels", "single_file",
    "states", "tensor_file", "weight_digests",
]  # fmt: skip
