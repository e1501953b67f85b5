"""Build the documentation site from ``docs/`` and ``mkdocs.yml``."""

__all__ = ["command_reference", "http_reference", "pages"]
