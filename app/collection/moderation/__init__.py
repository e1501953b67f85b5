"""Moderation: unfit, banned and allowed words, hidden and featured walks, drawings, reports, and the audit log."""

__all__ = [
    "audit_log",
    "banned_words",
    "curation",
    "drawing_curation",
    "drawing_request",
    "reports",
    "unfit_text",
    "word_lists",
]
