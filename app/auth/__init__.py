"""Who is asking, and how often: visitors, the curator's sign-in, rate limits."""

__all__ = ["curator_session", "rate_limits", "visitors"]
