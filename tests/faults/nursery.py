"""Workers without their start: a process that has imported everything forks for each worker of a site.

Importing takes most of the time of a worker's start, and faults end workers again and again. What a fork begins with is
what a worker has before it reads its settings.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path

from app.processes.supervisor import LIBC, PR_SET_PDEATHSIG

PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 15, 36
NAME = "faulty-worker"
LISTED_MAX = 65536


def is_worker(pid: int) -> bool:
    """Return whether the process is a worker, by its name."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/comm").read_text().strip() == NAME
    return False


def take_name() -> None:
    """Name this process a worker, whatever it was started as."""
    LIBC.prctl(PR_SET_NAME, ctypes.c_char_p(NAME.encode()))


class Forked:
    """A worker that the nursery forked, with what a supervisor asks of a `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status if the worker has ended; a signal's number is negative."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        :raises subprocess.TimeoutExpired: when it has not ended after so many seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(NAME, timeout or 0)
            time.sleep(0.02)
        return code

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self._send(signal.SIGKILL)

    def _send(self, signum: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, signum)


class Nursery:
    """The process that forks workers; they become children of the process that made the nursery."""

    def __init__(self) -> None:
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        parent = os.getpid()
        if os.fork() == 0:
            _serve(theirs, parent)
        theirs.close()

    def fork(self, environment: dict[str, str], lock: int) -> Forked:
        """Fork a worker with these environment variables, which keeps the file descriptor of the site's lock."""
        message = json.dumps(environment).encode()
        socket.send_fds(self._ours, [message], [lock])
        return Forked(int(self._ours.recv(LISTED_MAX)))


def _serve(asked: socket.socket, parent: int) -> None:
    """Import what a worker does, and fork one for each message, until the parent ends."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    program = importlib.import_module("tests.faults.worker")
    gc.freeze()
    while True:
        message, (lock,), *_ = socket.recv_fds(asked, LISTED_MAX, 1)
        found, said = os.pipe()
        between = os.fork()
        if between == 0:
            pid = os.fork()
            if pid:
                os.write(said, str(pid).encode())
                os._exit(0)  # the worker becomes the parent's child
            for descriptor in (asked.fileno(), found, said):
                os.close(descriptor)
            os.environ.clear()
            os.environ.update(json.loads(message))
            _be(program, parent)
        os.waitpid(between, 0)
        asked.send(os.read(found, 20))
        for descriptor in (lock, found, said):
            os.close(descriptor)


def _be(program: object, parent: int) -> None:
    """Run the worker in this process, which ends with it."""
    code = 1
    try:
        os.setsid()
        while os.getppid() != parent:  # until the process between has ended
            time.sleep(0.005)
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        sys.argv[1:] = []
        code = program.main()  # type: ignore[attr-defined]
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except Exception:  # noqa: BLE001 - whatever it is, it is printed, and the process ends
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)
