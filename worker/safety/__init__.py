"""What looks at pictures, painted or brought, and says which are unfit for a wall. Knows torch, not the site."""

__all__ = ["picture_check"]
