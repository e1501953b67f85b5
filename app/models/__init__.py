"""What both sides know of a model without torch: its kind, whether its files are whole, its facts and its licence."""

__all__ = [
    "aspects", "errors", "facts", "families", "folder", "hub", "kinds", "names", "noise_levels", "single_file",
    "states", "tensor_file",
]  # fmt: skip
