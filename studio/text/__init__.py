"""Words for pictures, and the text encoder that reads them."""

__all__ = ["phrasing", "text_encoder"]
