"""The kinds of tasks, one module each, from the claimed task to the published result."""

__all__ = [
    "batch_task",
    "candidates_task",
    "film_assembly",
    "fit_pictures",
    "frame_files",
    "large_task",
    "lora_task",
    "next_pass",
    "painting",
    "photo_task",
    "short_tasks",
    "stages_task",
    "walk_photos",
    "walk_setup",
]
