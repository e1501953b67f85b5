"""What visitors ask for, checked: walks, candidates, and styles to be taught."""
