"""Structured data for search engines: a walk as schema.org's ``VisualArtwork`` in JSON-LD."""

from typing import Any

from app.core.addresses import origin, root
from app.offer.drawings import drawing_credits
from app.offer.drawings.drawing_credits import Credit
from app.storage.walk_models import Walk
from app.walks.saved import film_times, media_urls

CONTEXT = "https://schema.org"
CREATOR = "MoMA Lisa"


def describe_artwork(walk: Walk) -> dict[str, Any]:
    """Return the JSON-LD object of a finished walk, with absolute addresses."""
    here = origin()
    artwork: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "VisualArtwork",
        "@id": f"{here}{walk.url}",
        "url": f"{here}{walk.url}",
        "name": walk.title,
        "artform": "Latent walk",
        "artMedium": walk.model_title or walk.model_name,
        "creator": {"@type": "Organization", "name": CREATOR, "url": root()},
        "keywords": [stop.prompt for stop in walk.stops],
        "digitalSourceType": "https://schema.org/TrainedAlgorithmicMediaDigitalSource",
        "dateCreated": walk.finished_at.isoformat(timespec="seconds") if walk.finished_at else None,
    }
    if walk.drawings:
        artwork["isBasedOn"] = [_drawings(credit) for credit in drawing_credits.of_walk(walk.drawings)]
    if walk.media.get("poster"):
        artwork["image"] = here + media_urls.film_address(walk, "poster")
        artwork["thumbnailUrl"] = artwork["image"]
    if walk.media.get("mp4"):
        artwork["associatedMedia"] = _film(walk)
    return {name: value for name, value in artwork.items() if value is not None}


def _drawings(credit: Credit) -> dict[str, Any]:
    source = {"url": credit.url, "creditText": credit.artist, "license": credit.licence_url or credit.licence}
    return {
        "@type": "VisualArtwork",
        "name": ", ".join(credit.names),
        **{key: text for key, text in source.items() if text},
    }


def _film(walk: Walk) -> dict[str, Any]:
    return {
        "@type": "VideoObject",
        "name": walk.title,
        "description": " — ".join(stop.prompt for stop in walk.stops),
        "contentUrl": origin() + media_urls.film_address(walk, "mp4"),
        "embedUrl": f"{root()}walks/{walk.id}/embed",
        "encodingFormat": "video/mp4",
        "duration": f"PT{film_times.seconds(walk):.2f}S",
        "width": walk.width,
        "height": walk.height,
        "thumbnailUrl": origin() + media_urls.film_address(walk, "poster"),
        "uploadDate": walk.finished_at.isoformat(timespec="seconds") if walk.finished_at else None,
    }
