"""The card of a walk: its poster as a small AVIF, which lists of films show in place of the lossless PNG."""

from __future__ import annotations

import io

from PIL import Image, features

KIND, EXTENSION = "card", "avif"
BYTES_MAX = 25_000
SIDE_MAX = 512
"""The longer side of a card in pixels: about twice the height of a row of films, for screens of twice the density."""
QUALITIES = (80, 70, 58, 44, 30, 16, 4)
"""The qualities that are tried, the best first; pictures of 256 pixels seldom need the second."""
SPEED = 8  # of 0 to 10, the fastest
IPTC_SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's name of a picture that a trained model made (NewsCodes, digital source type)."""
SYNTHETIC = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    f' Iptc4xmpExt:DigitalSourceType="{IPTC_SYNTHETIC}"/></rdf:RDF></x:xmpmeta>'
)
"""The XMP metadata of a synthetic picture."""


def encode(poster: Image.Image) -> bytes | None:
    """Return the card of a poster: the best of ``QUALITIES`` that takes at most ``BYTES_MAX``, marked as synthetic.

    Its colours have the resolution of the picture: prints have lines of one pixel in strong colours, which WebP, at
    half the resolution, makes pale. ``None`` if Pillow was built without AVIF; lists then show the poster.
    """
    if not features.check("avif"):
        return None
    picture = poster.convert("RGB")
    picture.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
    data = b""
    for quality in QUALITIES:
        out = io.BytesIO()
        picture.save(out, "AVIF", quality=quality, speed=SPEED, subsampling="4:4:4", xmp=SYNTHETIC.encode())
        data = out.getvalue()
        if len(data) <= BYTES_MAX:
            break
    return data
