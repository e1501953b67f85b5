"""The whole site on one machine: ``python -m app.run``. Starts Redis, a worker and the web server; stops them all."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from app import create_app
from app.config import ROOT
from app.errors import MomaError
from app.processes.supervisor import Site

CHECK_SECONDS = 0.2
WATCHED = ("app", "worker")  # gunicorn watches for the web server, we for the worker


def main() -> int:
    """Run the site until Ctrl-C or SIGTERM; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m app.run", description=__doc__)
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=os.environ.get("PORT", "8000"))
    parser.add_argument("--reload", action="store_true", help="start again when the code changes")
    arguments = parser.parse_args()
    stop: list[int] = []

    def note(signum: int, _frame: FrameType | None) -> None:
        stop.append(signum)

    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(signum) is not signal.SIG_IGN:  # nohup ignores SIGHUP on purpose
            signal.signal(signum, note)
    try:
        _run(arguments, stop)
    except MomaError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run(arguments: argparse.Namespace, stop: list[int]) -> None:
    host, port = arguments.host, arguments.port
    with Site(create_app()) as site:
        site.prepare()
        site.start_redis()
        site.start_web(host, port, reload=arguments.reload)
        site.start_worker()
        _say("The painter is getting ready …")
        site.wait_for_web(host, port, lambda: bool(stop))
        site.wait_for_worker(lambda: bool(stop))
        if not stop:
            _say(f"MoMA Lisa is open at http://{host}:{port}  (Ctrl-C closes it)")
        code = _code()
        while not stop:
            if arguments.reload and (changed := _code()) != code:
                code = changed
                _say("The code changed; the worker starts again.")
                site.restart("worker")
            site.keep()
            time.sleep(CHECK_SECONDS)
        _say("Closing.")


def _code() -> dict[Path, int]:
    """Return when each file of the program was last written."""
    written = {}
    for path in (path for folder in WATCHED for path in (ROOT / folder).rglob("*.py")):
        with suppress(FileNotFoundError):  # an editor is just replacing it
            written[path] = path.stat().st_mtime_ns
    return written


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
