"""What the models on offer can do and what a walk costs, without loading a model."""

__all__ = [
    "adapters",
    "cost",
    "frame_rates",
    "hands",
    "limits",
    "lora_file",
    "loras",
    "models_on_offer",
    "presets",
    "sampler_settings",
]
