"""HTTP for all routes: answers, errors, languages, guards."""

__all__ = [
    "assets",
    "curator_room",
    "error_responses",
    "form_guards",
    "fragments",
    "language",
    "oversized",
    "proxy",
    "registration",
    "responses",
    "security_headers",
    "templating",
    "unread_bodies",
]
