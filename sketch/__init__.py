"""Scenes of drawings, and the sketches of them that condition the model: for training, generation and previews alike.

Importing the package limits numpy's matrix products to one thread. The products are small, and on busy cores threads
would wait for each other many times longer than they compute.
"""

import numpy
from threadpoolctl import ThreadpoolController

__all__ = [
    "arrangement",
    "colour",
    "compositions",
    "framing",
    "habitats",
    "keys",
    "layers",
    "marks",
    "mixing",
    "parts",
    "rendering",
    "scene",
    "sketchbook",
    "styling",
    "surroundings",
    "svg",
    "walks",
    "wording",
]

for library in ThreadpoolController().lib_controllers:
    if f"/{numpy.__name__}" in library.filepath:  # torch's libraries are not limited, because its products are large
        library.set_num_threads(1)
