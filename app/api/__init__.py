"""JSON for programs."""

__all__ = [
    "candidate_routes",
    "captions",
    "pictures",
    "readings",
    "reference",
    "registration",
    "routes",
    "styles",
    "token_routes",
]
