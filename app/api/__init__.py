"""JSON for programs."""

__all__ = ["readings", "reference", "routes", "token_routes"]
