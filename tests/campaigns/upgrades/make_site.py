"""Make ``site-f2cae18.tar.xz``, a site of that commit: ``python -m tests.campaigns.upgrades.make_site``.

It holds a database and media as the site left them: walks that are finished, unlisted, queued, failed and cancelled,
painted by a tiny model that a test can make again.
"""

from __future__ import annotations

import sqlite3
import sys
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from app.config import ROOT
from tests.campaigns.upgrades import earlier
from tests.support import tiny
from tests.support.live import LiveSite, stop

COMMIT = "f2cae18"
ARCHIVE = ROOT / "tests/campaigns/upgrades/site-f2cae18.tar.xz"
KEPT = ("moma.sqlite", "media", "secret_key")
SETTINGS = {"STEPS": 4, "EXHIBITION": "false", "MEANING": "no/table", "EYE": "no/eye"}
FAILED = "UPDATE walks SET state = 'failed', error = 'The model broke.', finished_at = created_at WHERE id = ?"


def make(folder: Path) -> Path:
    """Run the site of before in ``folder``, have it paint, and return its instance folder."""
    (folder / "models").mkdir(parents=True)
    model = tiny.save(folder / "models", "bert")["bert"]
    site = LiveSite(folder / "instance", MODEL=model, **SETTINGS)
    site.environment.pop("MOMA_FREE_BYTES_MIN")  # a setting of later
    site.root = earlier.check_out(COMMIT, folder / "code")
    site.start()
    first = site.commission("a bear", "the sun", seed=7, frames=4)
    site.finished(first["id"])
    site.finished(site.commission("a lemon", "a bear", seed=8, frames=3, unlisted=True)["id"])
    site.finished(site.commission("the sun", "a lemon", seed=9, frames=3, remix_of=first["id"])["id"])
    stop(site.worker_pid())  # what is asked for from here on waits
    gone, failed, _ = [site.commission("a red bear", "the sun", seed=seed, frames=3) for seed in (10, 11, 12)]
    site.request("DELETE", f"/api/v1/walks/{gone['id']}", headers={"Authorization": f"Bearer {gone['owner_token']}"})
    with closing(sqlite3.connect(site.instance / "moma.sqlite", timeout=30)) as database:
        database.execute(FAILED, (failed["id"],))
        database.commit()
    site.stop()
    with closing(sqlite3.connect(site.instance / "moma.sqlite")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return site.instance


def main() -> int:
    """Write the archive."""
    with tempfile.TemporaryDirectory() as folder:
        instance = make(Path(folder))
        ARCHIVE.parent.mkdir(exist_ok=True)
        with tarfile.open(ARCHIVE, "w:xz") as archive:
            for name in KEPT:
                if (instance / name).exists():
                    archive.add(instance / name, name)
    print(f"{ARCHIVE.relative_to(ROOT)}: {ARCHIVE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
