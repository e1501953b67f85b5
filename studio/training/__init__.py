"""What learns: the loop, the networks, and how a model grows from another."""

__all__ = [
    "adversary",
    "autoencoder",
    "checkpoints",
    "diffusion",
    "eye",
    "eye_pool",
    "growing",
    "loop",
    "meaning_table",
    "pipeline",
    "repainting",
    "scene_lesson",
]
