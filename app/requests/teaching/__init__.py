"""Styles, artists and LoRA files that operators add to a model, without web code."""

__all__ = ["artists", "lora_adding", "style_teaching"]
