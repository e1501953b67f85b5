"""Words as numbers, and as they are compared; without torch."""

__all__ = ["embedding", "folding", "lookalikes", "spellings", "style_names", "term_index", "wordpiece"]
