"""nginx, gunicorn, Postgres, Redis and two painters, as deploy/ has them: painted through, restarted, replaced."""

import os
import re
import signal
import subprocess
import warnings
from collections import Counter
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, expect

from app.core.config import ROOT
from tests.campaigns.production.load import Load, visited
from tests.campaigns.production.production import Production
from tests.support.live import wait_until
from tests.support.nginx import command
from tests.support.postgres import USER

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.filterwarnings("default:a painter had to be ended")]

PICTURE = ROOT / "docs" / "pictures" / "production.png"
CLAIMS = """
CREATE TABLE IF NOT EXISTS claims (holder text, kind text);
CREATE OR REPLACE FUNCTION note_claim() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO claims VALUES (NEW.lease_holder, NEW.kind); RETURN NEW; END $$;
CREATE TRIGGER noted AFTER UPDATE ON pieces FOR EACH ROW
  WHEN (NEW.lease_holder IS NOT NULL AND NEW.lease_holder IS DISTINCT FROM OLD.lease_holder)
  EXECUTE FUNCTION note_claim();
CREATE TRIGGER begun AFTER INSERT ON pieces FOR EACH ROW
  WHEN (NEW.lease_holder IS NOT NULL) EXECUTE FUNCTION note_claim()"""
WALKS = 40
BETWEEN_RESTARTS = 21  # answers


def test_walk_is_painted_through_nginx_in_a_browser(production: Production, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(production.url + "/?frames=8")
    for line, prompt in (("From", "a fox"), ("To", "a sunflower")):
        page.get_by_label(line, exact=True).fill(prompt)
    page.get_by_role("button", name="Paint this walk").click()
    page.wait_for_url(re.compile(r"/walks/[a-z2-9]{16}"))
    walk_id = re.search(r"/walks/([a-z2-9]{16})", page.url)[1]  # type: ignore[index]
    walk = production.finished(walk_id)
    page.goto(production.url + walk["url"].removeprefix(production.url))
    expect(page.locator("h1").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert complaints == []
    if os.environ.get("PICTURES"):
        page.screenshot(path=PICTURE)
    context.close()


def test_each_part_is_restarted_under_load_and_nothing_is_lost(production: Production) -> None:
    parts = production.parts
    with visited(production) as load:
        load.wait(BETWEEN_RESTARTS)
        subprocess.run(command(production.place / "nginx", "-s", "reload"), check=True)
        load.wait(BETWEEN_RESTARTS)
        parts["web"].send(signal.SIGHUP)
        load.wait(BETWEEN_RESTARTS)
        parts["web"].restart()
        wait_until(production.is_open, what="the web side")
        parts["redis"].restart()
        load.wait(BETWEEN_RESTARTS)
        production.replace_worker("worker1", signal.SIGTERM)
        production.replace_worker("worker2", signal.SIGKILL)
        before_outage = list(load.failed)
        production.database.stop()
        production.database.start()
        wait_until(production.is_open, what="the database")
        load.wait(BETWEEN_RESTARTS)
    report(load, "each part restarted", production)
    assert before_outage == []
    assert [line for line in load.failed if not line.endswith(": 503")] == []  # without its database it says so
    assert load.answers[200] > 100


def test_deploy_and_roll_back_under_load_fail_no_request_and_lose_no_walk(production: Production) -> None:
    first = (production.place / "current").resolve()
    version = production.version()
    second = production.release("second", version="9.9.9")
    with visited(production) as load:
        for release, wanted in ((second, "9.9.9"), (first, version)):
            production.deploy(release)
            assert [production.version() for _ in range(8)] == [wanted] * 8
            assert {painter_folder(production, name) for name in ("worker1", "worker2")} == {release}
            load.wait(3 * BETWEEN_RESTARTS)
    report(load, "deploy and roll back", production)
    assert load.failed == []
    assert load.answers[200] > 100


def test_painter_that_is_ended_by_force_says_what_its_threads_were_at(production: Production) -> None:
    production.replace_worker("worker1", signal.SIGABRT)
    assert any("Aborted" in said and "in _run_heartbeat" in said for said in production.killed_painters())


def painter_folder(production: Production, name: str) -> Path:
    """Return the folder whose code a painter runs."""
    return Path(f"/proc/{production.parts[name].process.pid}/cwd").resolve()  # type: ignore[union-attr]


def test_two_painters_share_the_queue_evenly(production: Production) -> None:
    settings = {"host": str(production.database.folder), "user": USER, "dbname": "moma_1"}
    with psycopg.connect(**settings, autocommit=True) as connection:  # type: ignore[arg-type]
        connection.execute(CLAIMS)
        try:
            walks = [
                production.request_walk("a cup", f"a lamp number {number}", frames=2)["id"] for number in range(WALKS)
            ]
            for walk in walks:
                production.finished(walk)
            rows = connection.execute("SELECT holder, kind FROM claims").fetchall()
        finally:
            connection.execute("DROP FUNCTION note_claim CASCADE; DROP TABLE claims")  # and with it the triggers
    pieces = Counter(holder for holder, _ in rows)
    shares = [count / sum(pieces.values()) for count in pieces.values()]
    print(f"{WALKS} walks, by painter: {dict(Counter(rows))}, {[f'{share:.0%}' for share in shares]}")
    assert len(shares) == 2
    # docs/research/figures.md has figures of an idle machine; a busy one gives one of them more of itself.
    assert all(0.25 <= share <= 0.75 for share in shares), pieces


def report(load: Load, what: str, production: Production) -> None:
    """Print what was counted, for those who ask pytest for it; warn of painters that did not end by themselves."""
    for where in production.killed_painters():
        warnings.warn(f"a painter had to be ended: {where}", stacklevel=2)
    walks = len(load.visits.books.accounts) - load.visits.before
    counts = f"{sum(load.answers.values()):,} requests, {dict(load.answers)}"
    print(f"{what}: {counts}, {len(load.failed)} failed, {walks} walks")
