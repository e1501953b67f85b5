"""Museum mode: one film after the other on a screen of its own."""

__all__ = ["routes"]
