"""What everything else stands on: settings, errors, addresses, languages, texts, and the files of models."""

__all__ = [
    "addresses",
    "bounds",
    "client_address",
    "config",
    "environment",
    "errors",
    "field_docs",
    "field_errors",
    "files",
    "garbage",
    "instance",
    "late_app",
    "local_time",
    "malloc",
    "progress",
    "version",
]
