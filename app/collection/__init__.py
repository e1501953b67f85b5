"""What is shown: the gallery, search, styles, labels, and what is kept from it."""
