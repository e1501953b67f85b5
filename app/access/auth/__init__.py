"""Authentication and rate limits: visitors' cookies and browsers, API tokens, the curator's sign-in."""

__all__ = ["api_tokens", "browsers", "cookies", "curator_session", "rate_limits", "transfers", "visitors"]
