"""Banned words, walks that operators hide or feature, drawings that they add, visitors' reports, and the audit log."""

__all__ = ["audit_log", "banned_words", "curation", "drawing_curation", "drawing_request", "reports"]
