"""Who may do what and how often, and what is recorded of it."""
