"""Image encoder: embeds images in the space of sentence embeddings and recognises the style they are painted in.

A folder with ``eye.safetensors`` and ``eye.json`` is an image encoder. It needs only torch and safetensors: the
sentence embeddings of its concepts are stored beside its weights, so that no text encoder is necessary.

    >>> import torch
    >>> encoder = ImageEncoder.load("models/eye")
    >>> embeddings, styles = encoder.encode(torch.rand(2, 3, 256, 256))
    >>> tuple(embeddings.shape), styles.shape[1] == len(encoder.hands)
    ((2, 384), True)
"""

from image_encoder.encoder import ImageEncoder, ImageEncoderError, save
from image_encoder.tower import Shape, Tower

__all__ = ["ImageEncoder", "ImageEncoderError", "Shape", "Tower", "save"]
