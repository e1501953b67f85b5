"""What a photo or a finger drawing shows: its main thing, a sketch of it, words for it. Imports nothing of walks."""

__all__ = ["cutting", "describing", "pictures", "tracing"]
