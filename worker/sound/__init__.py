"""Uploaded music: decoded and analysed in a process of its own, with limits."""

__all__ = ["analysis", "reading"]
