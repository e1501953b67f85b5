"""Code of before, taken out of the project's history into a folder, and run with today's environment."""

import io
import subprocess
import tarfile
from pathlib import Path

from app.core.config import ROOT

RELEASES = {
    "1.0.0": "e985c5b868f5cc3cf1552d1d1a03fa3727e1f6fc",
    "1.1.0": "3dcd50832afce60b393e915ca8c36de6dfd7822f",
    "1.2.0": "f6abe99a9c9b5872204826475ace02d6c0cca3b1",
}
"""The commits of releases, oldest first, because the history has no tags yet.

The version of 1.1.0 was given two days before its commit here, which is the last one before the changelog's next part.
"""
FULL = "The whole history is needed: clone without --depth, or run: git fetch --unshallow"


def git(*arguments: str) -> bytes:
    """Run git in the project.

    :raises LookupError: when it fails, as it does where the history was cut short.
    """
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise LookupError(f"git {' '.join(arguments)}: {done.stderr.decode().strip()}. {FULL}")
    return done.stdout


def previous_release() -> str:
    """Return the commit of the newest tagged release before this commit; without tags, that of the last in `RELEASES`.

    :raises LookupError: when the history does not reach back so far.
    """
    if git("rev-parse", "--is-shallow-repository").strip() == b"true":
        raise LookupError(FULL)
    here = git("rev-parse", "HEAD").decode().strip()
    for tag in git("tag", "--merged", "HEAD", "--list", "v*", "--sort=-version:refname").decode().split():
        if (commit := git("rev-list", "-n", "1", tag).decode().strip()) != here:
            return commit
    return git("rev-parse", "--verify", f"{list(RELEASES.values())[-1]}^{{commit}}").decode().strip()


def check_out(commit: str, folder: Path) -> Path:
    """Lay out a commit's files, without its tests, in ``folder``, and return that."""
    with tarfile.open(fileobj=io.BytesIO(git("archive", commit))) as archive:
        members = [member for member in archive if not member.name.startswith(("tests/", "docs/"))]
        archive.extractall(folder, members, filter="data")
    return folder
