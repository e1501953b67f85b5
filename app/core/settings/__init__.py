"""The settings: the types of their values, the table of all of them, and the pages generated from it."""

__all__ = ["kinds", "pages", "table"]
