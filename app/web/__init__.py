"""HTTP for all routes: answers, errors, languages, guards."""

__all__ = [
    "assets",
    "error_responses",
    "form_guards",
    "language",
    "proxy",
    "responses",
    "security_headers",
    "templating",
    "unread_bodies",
]
