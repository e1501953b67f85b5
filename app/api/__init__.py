"""JSON for programs."""

__all__ = ["reference", "routes"]
