"""Placeholder until the real words arrive."""


def register(app):
    """Do nothing yet."""
