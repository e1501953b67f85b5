"""What the models on offer support and what a walk costs, without loading a model."""

__all__ = [
    "adapters",
    "cost",
    "embeddings",
    "frame_rates",
    "hands",
    "limits",
    "lora_file",
    "loras",
    "models_on_offer",
    "presets",
    "prompt_texts",
    "sampler_settings",
]
