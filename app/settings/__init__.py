"""The settings: what each may be, the table of all of them, and the pages that are written from it."""

__all__ = ["kinds", "pages", "table"]
