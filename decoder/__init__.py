"""Scene decoder: a network that turns latents into images, guided by the scene's drawn lines and patterns.

An autoencoder with few latent channels loses thin details: lines, halftones, letters. The scene behind a latent is
known wherever it is decoded. Its drawing, half as large as the image, contains these details where a style draws them,
and the decoder takes it as a second input. The package needs only torch and safetensors, so that the studio trains the
same code that the worker runs.

    >>> import torch
    >>> from pathlib import Path
    >>> network = load(Path("models/house/decoder")).eval()
    >>> latents, guide = torch.zeros(1, 4, 32, 32), torch.zeros(1, 4, 128, 128)
    >>> with torch.no_grad():
    ...     tuple(network(latents, guide).shape)
    (1, 3, 256, 256)
"""

from decoder.scene_decoder import CONFIG, GUIDE, SCALE, WEIGHTS, DecoderError, SceneDecoder, Shape, load, save

__all__ = ["CONFIG", "GUIDE", "SCALE", "WEIGHTS", "DecoderError", "SceneDecoder", "Shape", "load", "save"]
