"""What the models on offer support and what a walk costs, without loading a model."""

__all__ = [
    "adapters",
    "cost",
    "embeddings",
    "frame_rates",
    "limits",
    "lora_file",
    "loras",
    "model_styles",
    "models_on_offer",
    "per_request",
    "presets",
    "prompt_texts",
    "sampler_settings",
]
