"""One kind of work each, from claim to publish: here the model meets the site."""

__all__ = [
    "batch_piece",
    "film_assembly",
    "next_level",
    "painting",
    "stages_piece",
    "visual_features",
    "walk_memory",
    "walk_setup",
]
