"""Who is asking, and how often."""

__all__ = ["curator_session", "rate_limits", "visitors"]
