"""Photos, drawings and sounds that visitors upload: checked, and stored for a day; walks keep what they need."""

__all__ = [
    "checked_upload",
    "decoding_turns",
    "ebml_elements",
    "kinds",
    "photo_check",
    "photo_decoding",
    "photo_stops",
    "png_chunks",
    "sound_analysis",
    "sound_check",
    "sound_headers",
    "sound_parts",
    "upload_store",
]
