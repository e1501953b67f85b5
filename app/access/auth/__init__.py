"""Authentication and rate limits: visitors' cookies, API tokens, the curator's sign-in."""

__all__ = ["api_tokens", "cookies", "curator_session", "rate_limits", "visitors"]
