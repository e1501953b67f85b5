"""The header with which programs say who they are."""


def bearer(token: str | None) -> dict[str, str]:
    """Return the headers of a request with a bearer token, or without any."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}
