"""What a photo or a finger's drawing shows: its main thing, the sketch of it, words for it. Knows nothing of walks."""

__all__ = ["cutting", "describing", "pictures", "tracing"]
