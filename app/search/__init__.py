"""Finding walks by words, by meaning and by look."""

__all__ = ["ranking", "reindexing", "semantic_search", "terms", "text_index", "vector_index", "visual_search"]
