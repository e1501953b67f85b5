"""The painterly setup of scenes: one light, few tonal values, lost edges, a place with depth."""

__all__ = ["arranging", "composing"]
