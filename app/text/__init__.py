"""Words as numbers, and as they are compared; without torch."""

__all__ = [
    "embedding",
    "embedding_names",
    "folding",
    "lookalikes",
    "prompt_weights",
    "spellings",
    "stop_notes",
    "term_index",
    "wordpiece",
]
