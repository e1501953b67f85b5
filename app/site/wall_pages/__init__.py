"""The routes of walls: their screens, the form for phones, and the curator's pages."""
