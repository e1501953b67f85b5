"""JSON for programs."""

__all__ = ["candidate_routes", "captions", "pictures", "readings", "reference", "routes", "styles", "token_routes"]
