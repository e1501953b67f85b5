"""What the public may browse."""

__all__ = ["catalogue", "catalogue_query", "cursors", "exhibitions", "first_exhibition", "similar", "spelling"]
