"""What the house forbids, hides, hears of and notes."""

__all__ = ["audit_log", "banned_words", "curation", "reports"]
