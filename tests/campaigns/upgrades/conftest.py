"""Sites of an earlier release, on SQLite and on Postgres."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaigns.upgrades import earlier
from tests.support import postgres, tiny
from tests.support.live import LiveSite
from tests.support.needs import require


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out the code of the release before."""
    return earlier.check_out(earlier.previous_release(), tmp_path_factory.mktemp("previous"))


@pytest.fixture(params=["sqlite", "postgres"])
def site(
    request: pytest.FixtureRequest, code: Path, tmp_path: Path, postgres_server: postgres.PostgresServer
) -> Iterator[LiveSite]:
    """Make a site of the earlier ``code``, which paints with a tiny model and is not started yet."""
    require("redis-server")
    (tmp_path / "models").mkdir()
    model = tiny.save(tmp_path / "models", "bert")["bert"]
    settings = {"MODEL": model, "STEPS": 4, "EXHIBITION": "false", "MEANING": "no/table", "EYE": "no/eye"}
    if request.param == "postgres":
        settings["DATABASE_URL"] = postgres_server.url(postgres_server.create())
    site = LiveSite(tmp_path / "instance", **settings)
    site.root = code
    site.instance.mkdir()
    yield site
    site.close()
