"""What a published model says of itself."""

__all__ = ["loss_curve", "model_card"]
