"""Networks rewritten to compute faster, or with adapters applied; imports nothing of walks."""

__all__ = [
    "adapters",
    "bert",
    "decoding",
    "encoder_adapters",
    "group_norm",
    "lora_tensors",
    "origins",
    "packed_layers",
    "thread_lanes",
    "traced_unet",
    "upsampling",
]
