"""Who does which piece: leases on pieces of work, the workers that live, and models that none of them offers."""

__all__ = ["leases", "living_workers", "unoffered_models"]
