"""Archives of walks, changed as a forger would, and other sites that take them in."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from app.upkeep.archives import archive_format
from app.upkeep.archives.archive_format import MANIFEST
from tests.conftest import make_app

Change = Callable[[dict[str, bytes]], object]


def rewritten(file: Path, change: Change) -> Path:
    """Change files of an archive, and write a manifest that fits them."""
    with tarfile.open(file) as archive:
        files = {member.name: archive_format.read_member(archive, member.name) for member in archive.getmembers()}
    manifest = json.loads(files.pop(MANIFEST))
    change(files)
    changed = file.with_name("changed.tar")
    with tarfile.open(changed, "w") as archive:
        manifest["files"] = [archive_format.add_bytes(archive, name, data) for name, data in files.items()]
        archive_format.add_bytes(archive, MANIFEST, json.dumps(manifest).encode())
    return changed


def other_site(folder: Path, migrated: Path, **settings: object) -> Flask:
    """Build a site with an empty database in a new folder."""
    folder.mkdir()
    (folder / "moma.sqlite").write_bytes(migrated.read_bytes())
    return make_app(folder, **settings)
