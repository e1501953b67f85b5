"""Full-text search, semantic search and visual similarity of walks."""

__all__ = ["ranking", "reindexing", "semantic_search", "terms", "text_index", "vector_index", "visual_search"]
