"""What operators have a site do: publish the shipped exhibition, caption a folder of pictures. No web."""

__all__ = ["first_exhibition", "folder_captions"]
