"""HTTP for all routes: responses, errors, languages, form guards."""

__all__ = [
    "assets",
    "curator_room",
    "error_responses",
    "form_guards",
    "fragments",
    "kept_pages",
    "language",
    "responses",
    "security_headers",
    "sent_files",
]
