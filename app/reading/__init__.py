"""Prompts read as scenes of drawings: by names, keywords, kinds and meaning; without torch."""

__all__ = ["chosen", "lexicon", "reader", "reading"]
