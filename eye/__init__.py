"""The house eye: looks at a picture, and says what sentence it is nearest to and which hand painted it.

A folder with ``eye.safetensors`` and ``eye.json`` is an eye. It needs torch and safetensors, and neither the studio
that trains it nor a text encoder: the sentences of the concepts it was taught lie beside its weights.
"""

from eye.eye import Eye, EyeError, save
from eye.tower import Shape, Tower

__all__ = ["Eye", "EyeError", "Shape", "Tower", "save"]
