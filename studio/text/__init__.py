"""Words for pictures, and the text encoder that reads them."""

__all__ = ["phrasing", "scene_words", "text_encoder"]
