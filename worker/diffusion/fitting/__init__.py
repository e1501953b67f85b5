"""How a model fits a device: in which precision its weights are loaded, where they lie, and what is moved when."""
