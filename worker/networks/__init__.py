"""Networks rewritten for less work, or run with a style laid over them; nothing of walks."""

__all__ = [
    "adapters",
    "decoding",
    "encoder_adapters",
    "group_norm",
    "lora_tensors",
    "thread_lanes",
    "traced_unet",
    "upsampling",
]
