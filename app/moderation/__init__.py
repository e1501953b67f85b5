"""Banned words, walks that operators hide or feature, visitors' reports, and the audit log."""

__all__ = ["audit_log", "banned_words", "curation", "reports"]
