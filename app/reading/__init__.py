"""The prompt parser: interpret a prompt as a scene of drawings by names, keywords, kinds and meaning, without torch."""

__all__ = ["chosen", "lexicon", "prompt_language", "reader", "reading"]
