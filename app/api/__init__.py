"""JSON for programs."""

__all__ = ["candidate_routes", "registration"]
