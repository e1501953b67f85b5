"""The version of the program, for those who need nothing else of it."""

__version__ = "1.2.0"
