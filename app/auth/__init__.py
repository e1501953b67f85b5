"""Who is asking, and how often: visitors, API tokens, the curator's sign-in, rate limits."""

__all__ = ["api_tokens", "curator_session", "rate_limits", "visitors"]
