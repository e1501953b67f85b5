"""A bare Debian machine, of which Ansible makes a site; the recap of each run.

It is put up, run again, used, saved, brought back, deployed to and rolled back under load, given releases that do not
run, and taken away.

``python -m tests.campaigns.production.bare_machine`` (root; debootstrap, systemd-nspawn) makes the smallest Debian
with systemd as process 1 and a door for ssh, in a folder that goes afterwards. It lies on this machine's network and
asks the mirror that this one asks; the wheels of ``requirements/worker.txt`` are laid out first, which is not counted.
``--other-ways`` starts sshd alone on it, so that supervisor has to do; has Postgres ask for a password; and gets a
certificate by certbot from an authority on this machine, which asks at port 80.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from app.core.config import ROOT
from tests.campaigns.production import acme
from tests.campaigns.production.bare_debian import NAME, Bare, unmount

BUCKET = "/etc/nginx/conf.d/moma.d/bucket.conf"
COUNTS = ("ok", "changed", "failed")
NOTE = "it's 5 $HOME"
NOTED = """for at in /proc/[0-9]*; do
  [ "$(stat -c %U $at 2> /dev/null)" = moma ] || continue
  tr '\\0' '\\n' < $at/environ | grep ^SITE_NOTE= || echo nothing
done
cd /srv/moma/current && sh deploy/as_moma.sh env | grep ^SITE_NOTE= || echo nothing"""
"""Tells what the environment of each process of the site, and of an admin's command, has of a note."""


def main() -> None:
    """Go through a site's life on a bare machine, and print the recaps."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.production.bare_machine", description=__doc__)
    parser.add_argument("--wheels", type=Path, help="a folder that holds the wheels already")
    parser.add_argument("--index", action="store_true", help="fetch what that folder lacks from the index of packages")
    parser.add_argument("--other-ways", action="store_true", help="supervisor, Postgres by password, https by certbot")
    asked = parser.parse_args()
    if missing := [name for name in ("debootstrap", "systemd-nspawn", "ssh") if not shutil.which(name)]:
        sys.exit(f"This needs {', '.join(missing)}: apt-get install debootstrap systemd-container openssh-client")
    with tempfile.TemporaryDirectory(prefix="moma-bare-", dir="/var/tmp") as folder:
        bare = Bare(Path(folder), asked.wheels or Path(folder) / "wheels", systemd=not asked.other_ways)
        try:
            bare.make()
        finally:
            unmount(bare.root)
        if asked.index:
            bare.variables["moma_pip_arguments"] = ["--find-links", "/wheels"]
        if not asked.wheels:
            lay_out(bare.wheels, bare.python())
        with bare.booted():
            (usual_ways if bare.systemd else other_ways)(bare)
            take_away(bare)


def usual_ways(bare: Bare) -> None:
    """Go through all of it, as most will."""
    put_up(bare)
    save_and_bring_back(bare)
    deploy_and_roll_back(bare)


def other_ways(bare: Bare) -> None:
    """Put it up without systemd, with a password for Postgres, and with https."""
    bare.variables["moma_database_login"] = "password"
    with acme.running(bare.folder / "acme", NAME) as authority:
        bare.variables |= {
            "moma_server_name": NAME, "moma_tls": "certbot", "moma_contact": "curator@example.org",
            "moma_acme_server": authority,
        }  # fmt: skip
        put_up(bare)
    save_and_bring_back(bare)
    second = bare.commit("app/core/version.py", f'"{bare.version()}"', '"9.9.9"')
    said("deploy.yml", *bare.play("deploy", "-e", f"moma_version={second}"))
    assert bare.version() == "9.9.9"
    said("roll_back.yml", *bare.play("roll_back"))
    assert bare.version() != "9.9.9"


def put_up(bare: Bare) -> None:
    """Make a site of it, and see that a second run has nothing to do; take up what changes."""
    bare.variables["moma_environment"] = {"SITE_NOTE": NOTE}
    said("site.yml, first", *bare.play("site"))
    print(f"a walk of 24 frames painted through nginx, its GIF fetched: {bare.walk(1):.1f} s more", flush=True)
    again, seconds = bare.play("site")
    said("site.yml, second", again, seconds)
    assert again["changed"] == 0, "the second run changed something"
    said("web_server.yml, a bucket", *bare.play("web_server", "-e", "moma_bucket=https://pictures.example.org"))
    assert "proxy_pass https://pictures.example.org$moma_address;" in bare.ssh(f"cat {BUCKET}").stdout
    said("web_server.yml, without", *bare.play("web_server"))
    assert bare.ssh(f"ls {BUCKET}", check=False).stdout == ""
    if bare.systemd:
        print(bare.ssh("systemctl --no-pager --plain --no-legend list-units 'moma-*'").stdout, flush=True)
    said("rotate_secrets.yml", *bare.play("rotate_secrets"))
    assert noted(bare) == {f"SITE_NOTE={NOTE}"}
    del bare.variables["moma_environment"]
    said("site.yml, environment gone", *bare.play("site"))
    assert noted(bare) == {"nothing"}
    print(f"a walk after that: {bare.walk(2):.1f} s", flush=True)


def noted(bare: Bare) -> set[str]:
    """Return what stands in the environments of the web side, of painters and of commands."""
    lines = bare.ssh(NOTED).stdout.splitlines()
    assert len(lines) >= 4, lines
    return set(lines)


def save_and_bring_back(bare: Bare) -> None:
    """Save it, bring it back, and have the night's work done."""
    kept = bare.folder / "kept"
    said("back_up.yml", *bare.play("back_up", "-e", f"to={kept}"))
    (backup,) = (kept / "bare").glob("moma-*.tar")
    said("restore.yml", *bare.play("restore", "-e", f"backup={backup}", "-e", "force=true"))
    bare.ssh("systemctl start moma-nightly.service" if bare.systemd else "/srv/moma/nightly")
    backups = bare.ssh("ls /var/backups/moma").stdout.split()
    assert len(backups) == 2, backups
    bare.ssh("moma media verify && logrotate --debug /etc/logrotate.d/moma && moma doctor --wait 60")


def deploy_and_roll_back(bare: Bare) -> None:
    """Give it a release and take it back under load; then releases that do not run, which it is to leave by itself."""
    before = bare.version()
    second = bare.commit("app/core/version.py", f'"{before}"', '"9.9.9"')
    with bare.visited("deploy and roll back"):
        said("deploy.yml", *bare.play("deploy", "-e", f"moma_version={second}"))
        assert bare.version() == "9.9.9"
        said("roll_back.yml", *bare.play("roll_back"))
        assert bare.version() == before
    # More than a name: with other libraries the web side is restarted, at a port that stays open.
    other = bare.commit("requirements/worker.txt", "flask==", "flask>=")
    with bare.visited("deploy with other libraries"):
        said("deploy.yml, other libraries", *bare.play("deploy", "-e", f"moma_version={other}"))
    impatient = ("-e", json.dumps({"service_retries": 15}))
    for what, path, first_line in (
        ("a web side that ends", "deploy/gunicorn.conf.py", "import ctypes"),
        ("a painter that ends", "worker/__main__.py", "from __future__ import annotations"),
    ):
        broken = bare.commit(path, first_line, f"{first_line}\nraise SystemExit(1)")
        said(what, *bare.play("deploy", "-e", f"moma_version={broken}", *impatient, fails=True))
        assert bare.ssh("readlink /srv/moma/current").stdout.strip().endswith(other[:12])
        print(f"the release before paints: {bare.walk(len(what)):.1f} s", flush=True)


def take_away(bare: Bare) -> None:
    """Take all of it away, twice."""
    said("site.yml, absent", *bare.play("site", "-e", "state=absent", "-e", "moma_delete_data=true"))
    gone, seconds = bare.play("site", "-e", "state=absent", "-e", "moma_delete_data=true")
    said("site.yml, absent again", gone, seconds)
    assert gone["changed"] == 0, "taking away what is not there changed something"
    said("site.yml, only asked", *bare.play("site", "--check"))
    left = "ls -d /srv/moma /var/backups/moma /var/log/moma /etc/moma /etc/systemd/system/moma-* /usr/local/bin/moma"
    assert bare.ssh(f"{left} || id moma", check=False).stdout == "", "something was left"


def lay_out(folder: Path, python: str) -> None:
    """Fetch the wheels of what a worker needs, for a version of Python."""
    # For another Python pip leaves out what only that asks for: redis' async-timeout, before 3.11.3.
    what = ["--requirement", str(ROOT / "requirements/worker.txt"), "async-timeout", "--dest", str(folder)]
    line = ["pip", "download", "--quiet", "--only-binary=:all:", f"--python-version={python}", *what]
    subprocess.run([sys.executable, "-m", *line], check=True)


def said(what: str, recap: dict[str, int], seconds: float) -> None:
    """Print a line of the recap."""
    counts = "  ".join(f"{name}={recap[name]:<4}" for name in COUNTS)
    print(f"{what:<28} {counts} {int(seconds // 60)} min {seconds % 60:.0f} s", flush=True)


if __name__ == "__main__":
    main()
