"""Scenes of drawings, and the sketches of them that condition the model: for training, generation and previews alike.

    >>> from pathlib import Path
    >>> from sketch.arrangement import Item, Wish
    >>> from sketch.styling import styled
    >>> book = sketchbook.load(Path("models/house/sketchbook.zip"))
    >>> fox = next(drawing for drawing in book.drawings.values() if drawing.name == "fox")
    >>> items = [Item(fox.digest, fox.name, fox.kind)]
    >>> scene = styled.arrange(items, Wish(time="dusk"), seed=7, marks="linocut", book=book)
    >>> rendering.draw(scene, book, 256).sketch(64).shape  # colours and coverage, what the model is conditioned on
    (4, 64, 64)

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
    "lettering",
    "marks",
    "mixing",
    "parts",
    "relations",
    "rendering",
    "scene",
    "sketchbook",
    "stemmers",
    "styling",
    "surroundings",
    "svg",
    "svg_css",
    "walks",
    "wording",
]

for library in ThreadpoolController().lib_controllers:
    if f"/{numpy.__name__}" in library.filepath:  # torch's libraries are not limited, because its products are large
        library.set_num_threads(1)
