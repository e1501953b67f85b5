"""The JSON API for programs."""

__all__ = ["candidate_routes"]
