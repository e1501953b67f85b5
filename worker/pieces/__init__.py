"""The kinds of tasks, one module each, from the claimed task to the published result."""

__all__ = [
    "batch_piece",
    "candidates_piece",
    "film_assembly",
    "fit_pictures",
    "lora_piece",
    "next_level",
    "painting",
    "photo_piece",
    "stages_piece",
    "walk_photos",
    "walk_setup",
]
