"""One kind of work each, from claim to publish: here the model meets the site."""

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
