"""Walls that an audience steers: their screens, what phones write for them, what the curator does; museum mode."""

__all__ = [
    "corridor_routes",
    "corridors",
    "curator_routes",
    "phone_routes",
    "registration",
    "screen_routes",
    "slideshow_routes",
    "walls",
    "words",
]
