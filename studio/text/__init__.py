"""Phrases for prompts, and the text encoder."""

__all__ = ["phrasing", "text_encoder"]
