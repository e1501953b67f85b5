"""Unfit, banned and allowed words, walks that operators hide or feature, drawings, reports, and the audit log."""

__all__ = [
    "allowed_words",
    "audit_log",
    "banned_words",
    "curation",
    "drawing_curation",
    "drawing_request",
    "reports",
    "unfit_text",
]
