"""The diffusion model and the pipeline that generates pictures with it; imports nothing of the site."""

__all__ = [
    "device_errors",
    "families",
    "inversion",
    "model",
    "model_pool",
    "pass_batch",
    "prepared_walk",
    "rendering",
    "sketches",
    "tuning",
    "walk_pipeline",
]
