"""The diffusion model and the pipeline that generates pictures with it; imports nothing of the site."""

__all__ = [
    "device_errors",
    "families",
    "inversion",
    "level_batch",
    "model",
    "model_pool",
    "painter",
    "prepared_walk",
    "rendering",
    "sketches",
    "tuning",
]
