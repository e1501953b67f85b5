"""JSON for programs."""

__all__ = ["readings", "reference", "routes"]
