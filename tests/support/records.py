"""A record of the studio's work folder."""

from studio.workspace.work_folder import Record


def record(**changes: object) -> Record:
    values = {
        "id": "3f2a", "file": "pictures/3f/3f2a.webp", "width": 8, "height": 8, "kind": "motif", "title": "bear",
        "original": "3f2a", "hash": "99", "vendor": "noto", "source": "npm:x#bear", "licence": "Apache-2.0",
    }  # fmt: skip
    return Record(**values | changes)  # type: ignore[arg-type]
