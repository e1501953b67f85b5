"""Who does which piece."""

__all__ = ["leases", "living_workers", "unoffered_models"]
