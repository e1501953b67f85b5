"""The scene decoder: turns latents into pictures, with the marks that the scene draws by itself beside them.

An autoencoder of few latents loses what is thin: lines, halftones, letters. The scene that a latent was painted after
is known wherever it is decoded, and its drawing, half as large as the picture, holds just these where a style draws
them. The package needs torch and safetensors alone: the studio trains what the worker paints with.
"""

from decoder.scene_decoder import CONFIG, GUIDE, SCALE, WEIGHTS, DecoderError, SceneDecoder, Shape, load, save, shape_in

__all__ = ["CONFIG", "GUIDE", "SCALE", "WEIGHTS", "DecoderError", "SceneDecoder", "Shape", "load", "save", "shape_in"]
