"""The kinds of tasks, one module each, from the claimed task to the published result."""

__all__ = [
    "batch_task",
    "candidates_task",
    "film_assembly",
    "fit_pictures",
    "next_pass",
    "painting",
    "short_tasks",
    "stages_task",
    "walk_photos",
    "walk_setup",
]
