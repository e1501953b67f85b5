"""Photos, drawings and sounds that visitors upload: checked, and stored for a day; walks keep what they need."""

__all__ = [
    "decoding_turns",
    "ebml_elements",
    "photo_check",
    "photo_decoding",
    "photo_stops",
    "photo_store",
    "png_chunks",
    "sound_analysis",
    "sound_check",
    "sound_headers",
    "sound_parts",
    "sound_store",
]
