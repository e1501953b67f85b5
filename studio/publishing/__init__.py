"""What a published model says of itself."""

__all__ = ["led_card", "led_model", "lora_file", "loss_curve", "model_card"]
