"""What the models on offer can do: their limits, styles and cost, and the drawings they know."""
