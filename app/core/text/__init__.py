"""Text for comparison and search: word vectors, folding and spellings, without torch."""

__all__ = [
    "edit_distance",
    "embedding",
    "embedding_names",
    "folding",
    "lookalikes",
    "plurals",
    "prompt_weights",
    "spellings",
    "stop_notes",
    "stored",
    "style_mentions",
    "style_words",
    "term_index",
    "tool_tags",
    "wordpiece",
]
