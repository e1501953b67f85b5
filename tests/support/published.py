"""A site that has started and published the first exhibition: made once in each process, copied for each test."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from app.storage.database import db
from app.upkeep.processes.supervisor import Site
from tests.conftest import make_app

DATABASE, MEDIA = "moma.sqlite", "media"


@cache
def site() -> Path:
    """Return the instance folder of such a site, which no test may change."""
    folder = Path(tempfile.mkdtemp(prefix="published-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    app = make_app(folder, EXHIBITION=True)
    with app.app_context():
        with Site(app) as started:
            started.prepare()
        db.session.remove()
        db.engine.dispose()  # which leaves the whole database in one file
    return folder


def copy_to(instance: Path) -> Path:
    """Copy the site's database into an instance folder, and link its media: a store replaces files, and writes none."""
    instance.mkdir(parents=True, exist_ok=True)
    shutil.copy(site() / DATABASE, instance / DATABASE)
    shutil.copytree(site() / MEDIA, instance / MEDIA, copy_function=os.link)
    return instance
