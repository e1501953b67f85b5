"""Photos and drawings that visitors upload: checked, stored for a day, and copied into the walks made from them."""

__all__ = ["decoding_turns", "photo_check", "photo_decoding", "photo_stops", "photo_store", "png_chunks"]
