"""Run the whole site on one machine: ``python -m app.run`` starts and stops Redis, a worker and the web server."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from app.core import garbage

with garbage.paused():
    from app import DATABASE, create_app
    from app.core.config import ROOT
    from app.core.errors import MomaError
    from app.upkeep.processes import file_owners, listening
    from app.upkeep.processes.console import write_line
    from app.upkeep.processes.supervisor import Site, address

CHECK_SECONDS = 0.2
WATCHED = ("app", "worker")  # for the worker; gunicorn's own reloader watches for the web server


def main() -> int:
    """Run the site until Ctrl-C or SIGTERM; return the exit status: 0, or 1 when it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m app.run", description=__doc__)
    parser.add_argument("--host", default="", help="the address to listen on; default: HOST, or 127.0.0.1")
    parser.add_argument("--port", default="", help="the port to listen on; default: PORT, or 8000")
    parser.add_argument("--reload", action="store_true", help="restart web server and worker when the code changes")
    arguments = parser.parse_args()
    stop: list[int] = []

    def request_stop(signum: int, _frame: FrameType | None) -> None:
        stop.append(signum)

    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(signum) is not signal.SIG_IGN:  # nohup ignores SIGHUP on purpose
            signal.signal(signum, request_stop)
    try:
        _run(arguments, stop)
    except MomaError as error:
        write_line(sys.stderr, str(error))
        return 1
    return 0


def _run(arguments: argparse.Namespace, stop: list[int]) -> None:
    host, port = listening.host(arguments.host), listening.port(arguments.port)
    listening.check_trusted()
    app = create_app(parts=DATABASE)
    file_owners.give_at_exit(app)
    below = app.config["URL_PREFIX"] or listening.below()
    with Site(app) as site:
        site.prepare()
        site.start_redis()
        site.start_web(host, port, reload=arguments.reload)
        site.start_worker()
        _print("The worker is loading the model …")
        site.wait_for_web(host, port, lambda: bool(stop))
        site.wait_for_worker(lambda: bool(stop))
        if not stop:
            _print(f"MoMA Lisa is open at http://{address(host, port)}{below}  (Ctrl-C closes it)")
        code = _code()
        while not stop:
            if arguments.reload and (changed := _code()) != code:
                code = changed
                _print("The code changed; restarting the worker.")
                site.restart("worker")
            site.keep()
            time.sleep(CHECK_SECONDS)
        _print("Stopping.")


def _code() -> dict[Path, int]:
    """Return the modification time of each source file, in nanoseconds."""
    written = {}
    for path in (path for folder in WATCHED for path in (ROOT / folder).rglob("*.py")):
        with suppress(FileNotFoundError):  # an editor is replacing the file
            written[path] = path.stat().st_mtime_ns
    return written


def _print(text: str) -> None:
    write_line(sys.stdout, text)


if __name__ == "__main__":
    sys.exit(main())
