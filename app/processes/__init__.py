"""The processes of a running site: its Redis, its workers, and what keeps them going. No web."""

__all__ = ["local_worker", "supervisor"]
