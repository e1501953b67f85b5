"""What the models on offer support and what a walk costs, without loading a model."""

__all__ = [
    "adapters",
    "cost",
    "duration",
    "embeddings",
    "frame_rates",
    "limits",
    "lora_file",
    "loras",
    "model_folders",
    "model_styles",
    "offers",
    "presets",
    "prompt_texts",
    "sampler_settings",
    "walk_styles",
]
