"""The facts and the model card of a published model."""

__all__ = ["led_model", "lora_file", "loss_curve", "model_card"]
