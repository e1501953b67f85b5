"""The model and how it paints; nothing of the site."""

__all__ = ["device_errors", "level_batch", "model", "model_pool", "painter", "rendering"]
