"""Another worker process, as far as a test can tell: a new worker of the same application and models."""

from worker.process.worker import Worker, this_worker


def restart() -> Worker:
    """Begin as a new process does: nothing is remembered, and nothing is asked to stop."""
    before = this_worker()
    return Worker(before.app, before.models, writers=before.writers, detector=before.pictures.detector)
