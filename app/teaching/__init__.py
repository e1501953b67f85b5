"""Styles, artists and LoRA files that operators add to a model. No web."""

__all__ = ["artists", "lora_adding", "style_teaching"]
