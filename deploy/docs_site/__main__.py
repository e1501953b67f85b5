"""Build or serve the documentation: ``python -m deploy.docs_site build`` or ``serve``."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import click

from app import create_app
from app.site.api import openapi
from deploy.docs_site import command_reference, http_reference, pages

SOURCES = pages.ROOT / "build/docs-sources"
BUILT = pages.ROOT / "build/docs"
ZENSICAL = Path(sys.executable).with_name("zensical")


def generate() -> dict[str, str]:
    """Return the generated parts of pages by their names, from an application with the default settings."""
    with tempfile.TemporaryDirectory() as folder:
        application = create_app({"REDIS_URL": "redis://127.0.0.1:1/0"}, instance_path=folder)
        group = application.cli
        with application.app_context():
            http = http_reference.reference(openapi.document())
    return {"commands": command_reference.reference(group), "http-api": http}


def copy_changes(generated: dict[str, str]) -> None:
    """Copy pages again whenever they change, until the process ends."""
    while True:
        time.sleep(1)
        with contextlib.suppress(FileNotFoundError):  # while an editor replaces a file
            pages.collect(SOURCES, generated)


def zensical(*arguments: str) -> int:
    """Run Zensical on the project's configuration; return its exit status."""
    command = [str(ZENSICAL), *arguments, "--config-file", str(pages.ROOT / "mkdocs.yml")]
    return subprocess.run(command, cwd=pages.ROOT, check=False).returncode


@click.command()
@click.argument("action", type=click.Choice(["build", "serve"]))
@click.option("--address", default="127.0.0.1:8001", show_default=True, help="Where to serve.")
def main(action: str, address: str) -> None:
    """Build the documentation into build/docs, with warnings as errors, or serve it and rebuild what changes."""
    generated = generate()
    count = len(pages.collect(SOURCES, generated))
    if action == "build":
        status = zensical("build", "--clean", "--strict")
        click.echo(f"{count} pages in {BUILT.relative_to(pages.ROOT)}" if status == 0 else "The build failed.")
        sys.exit(status)
    threading.Thread(target=copy_changes, args=(generated,), daemon=True).start()
    sys.exit(zensical("serve", "--dev-addr", address))


if __name__ == "__main__":
    main()
