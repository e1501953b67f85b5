"""How a model fits a device: the precision of its weights, where they are placed, and when they are moved."""
