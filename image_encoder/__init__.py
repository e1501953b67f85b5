"""Image encoder: embeds images in the space of sentence embeddings and recognises the style they are painted in.

A folder with ``eye.safetensors`` and ``eye.json`` is an image encoder. It needs only torch and safetensors: the
sentence embeddings of its concepts are stored beside its weights, so that no text encoder is necessary.
"""

from image_encoder.encoder import ImageEncoder, ImageEncoderError, save
from image_encoder.tower import Shape, Tower

__all__ = ["ImageEncoder", "ImageEncoderError", "Shape", "Tower", "save"]
