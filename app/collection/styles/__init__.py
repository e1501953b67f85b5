"""Styles: named ways of rendering, what each suits, and which is nearest to a prompt."""

__all__ = [
    "added",
    "artists",
    "catalogues",
    "mentioned",
    "model_choice",
    "pairs",
    "proposals",
    "samples",
    "shipped",
    "style",
    "suiting",
]
