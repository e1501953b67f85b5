"""Networks rewritten to compute faster, or with adapters applied; imports nothing of walks."""

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
