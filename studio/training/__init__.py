"""Training: the loop, the networks and their losses, and growing a model from a smaller one."""

__all__ = [
    "adversary",
    "autoencoder",
    "checkpoints",
    "diffusion",
    "encoder_pool",
    "encoder_training",
    "growing",
    "loop",
    "meaning_table",
    "pipeline",
    "repainting",
    "scene_lesson",
]
