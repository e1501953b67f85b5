"""Styles: named ways of rendering, what each suits, and which is nearest to a prompt."""

__all__ = ["added", "artists", "catalogues", "proposals", "samples", "shipped", "style", "suiting"]
