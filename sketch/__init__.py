"""Scenes of drawings, and the sketches that lead the painter: one code for training, painting and previews.

Importing it has numpy multiply matrices in one thread. Those of a drawing are small, and where other processes keep the
cores busy, threads wait for each other many times longer than they compute.
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
    if f"/{numpy.__name__}" in library.filepath:  # not those of torch, whose products are large
        library.set_num_threads(1)
