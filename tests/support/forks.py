"""Python programs that have their libraries already: processes forked from one that has imported them.

Importing torch and diffusers takes most of the time in which a worker or a command starts, and tests start hundreds.
`popen` and `run` stand for `subprocess.Popen` and `subprocess.run`. They fork where the command is ``python -m`` with
one of `PROGRAMS`, or starts a systemd unit's worker, and the environment is that of the tests as far as libraries read
it as they start; any other command is started as it is. A program imports its own code itself, of
whichever release.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

from tests.support import asleep
from tests.support.as_unit import PR_SET_PDEATHSIG, confine

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = (
    "app.run", "flask", "gunicorn", "studio", "tests.support.planted_site", "tests.support.planted_worker",
    "tests.campaigns.training.killed", "worker",
)  # fmt: skip
LIBRARIES = (
    "PIL.Image", "alembic.command", "boto3", "click", "diffusers", "diffusers.hooks.layerwise_casting",
    "diffusers.loaders", "diffusers.pipelines.flux.pipeline_flux", "flask", "flask_limiter", "flask_sqlalchemy",
    "flask_wtf", "gunicorn.app.wsgiapp", "gunicorn.workers.gthread", "imageio", "numpy", "pydantic", "redis", "rq",
    "scipy.stats", "sqlalchemy.dialects.sqlite", "torch", "transformers.modeling_utils",
)  # fmt: skip
"""What is imported beforehand. Not prometheus_client, which reads a variable when it is imported."""
EARLY = (
    "ACCELERATE_", "CUDA_", "DIFFUSERS_", "HF_", "HOME", "HUGGINGFACE_", "LANG", "LC_", "LD_", "MKL_", "OMP_", "PYTHON",
    "TORCH", "TRANSFORMERS_", "TZ", "USE_", "XDG_",
)  # fmt: skip
"""How the names of the variables begin that Python and the libraries read as they start."""
UNBUFFERED, WAYS = "PYTHONUNBUFFERED", "PYTHONPATH"
HEEDED = (UNBUFFERED, WAYS, "PYTHONWARNINGS")
"""The variables that a forked process heeds itself, or that a test need not heed."""
ROOM = 8192  # bytes for the command line, and as many for the environment, that others see of a process
MESSAGE_MAX = 1 << 20
LIBC = ctypes.CDLL(None)
PARENTS = ("app.run", "flask", "tests.support.planted_site")
"""The programs that start others."""

_popen, _run = subprocess.Popen, subprocess.run


@dataclass(frozen=True, slots=True)
class Program:
    """What a process is to be: a command line in a folder, perhaps confined as a systemd unit is."""

    command: list[str]
    folder: str
    environment: dict[str, str]
    unit: dict[str, Any] | None = None

    @classmethod
    def read(cls, command: Sequence[str], folder: str, environment: Mapping[str, str]) -> Program:
        """Read a command; that of ``tests.campaigns.production.units`` names the program that it starts."""
        if len(command) == 3 and command[1].endswith("/as_unit.py"):
            document = json.loads(command[2])
            if document["port"] is None:
                return cls(
                    document["command"], document["folder"], {**environment, **document["environment"]}, document
                )
        return cls(list(command), folder, dict(environment))


class Forked:
    """A process that a server forked, with what is asked of a `subprocess.Popen`."""

    def __init__(self, server: Server, pid: int, args: list[str]) -> None:
        self._server, self.pid, self.args = server, pid, args
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status if the process has ended; a signal's number is negative."""
        if self.returncode is None:
            self.returncode = self._server.ask({"poll": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        :raises subprocess.TimeoutExpired: when it has not ended after so many seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            asleep.pause(0.02)
        return code

    def __enter__(self) -> Forked:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()

    def send_signal(self, signum: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Server:
    """The other end of a process that forks when it is asked to."""

    def __init__(self, ours: socket.socket) -> None:
        self._ours, self._turn, self._environment = ours, threading.Lock(), dict(os.environ)

    def can_fork(self, program: Program) -> bool:
        """Return whether a forked process would be what is asked for: of the same libraries, which read the same."""
        environment = program.environment
        early = [name for name in {*self._environment, *environment} if name.startswith(EARLY) and name not in HEEDED]
        return Path(program.command[0]).parent.resolve() == Path(sys.executable).parent.resolve() and all(
            self._environment.get(name) == environment.get(name) for name in early
        )

    def fork(self, program: Program, descriptors: Sequence[int]) -> Forked:
        """Fork a process; ``descriptors`` are its standard output and error, and what else it keeps open."""
        return Forked(self, self.ask({"program": asdict(program)}, descriptors), program.command)

    def ask(self, question: Mapping[str, Any], descriptors: Sequence[int] = ()) -> Any:
        """Send a question, and return the answer."""
        with self._turn:
            socket.send_fds(self._ours, [json.dumps(question).encode()], descriptors)
            return json.loads(self._ours.recv(MESSAGE_MAX))


_servers: list[Server] = []  # the one that this process asks, once there is one


def _server() -> Server:
    if not _servers:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", __name__, str(theirs.fileno()), " " * ROOM]
        process = _popen(
            command, cwd=ROOT, env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE", UNBUFFERED: "1", "ROOM": " " * ROOM},
            pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
        )  # fmt: skip
        theirs.close()
        _servers.append(Server(ours))
        for end in (ours.close, process.wait, process.kill):  # the last one comes first
            atexit.register(end)
    return _servers[0]


def fork(program: Program, descriptors: Sequence[int]) -> Forked | None:
    """Fork a process whose standard output and error, and what else it keeps open, are ``descriptors``.

    Return ``None`` where a forked process would not be what is asked for.
    """
    if program.command[1:2] != ["-m"] or program.command[2] not in PROGRAMS or sys.platform != "linux":
        return None
    server = _server()
    return server.fork(program, descriptors) if server.can_fork(program) else None


def popen(command: Sequence[str], **options: Any) -> Any:
    """Start a program, as `subprocess.Popen` does."""
    words = [str(word) for word in command] if isinstance(command, (list, tuple)) else []
    simple = set(options) <= {"cwd", "env", "pass_fds", "preexec_fn", "start_new_session", "stderr", "stdout"}
    if not simple or subprocess.PIPE in (options.get("stdout"), options.get("stderr")):
        return _popen(command, **options)
    program = Program.read(words, str(options.get("cwd") or Path.cwd()), options.get("env") or os.environ)
    with Path(os.devnull).open("wb") as nowhere:
        streams = {None: 1, subprocess.DEVNULL: nowhere}
        out = _descriptor(streams.get(options.get("stdout"), options.get("stdout")))
        streams |= {None: 2, subprocess.STDOUT: out}
        error = _descriptor(streams.get(options.get("stderr"), options.get("stderr")))
        process = fork(program, [out, error, *options.get("pass_fds", ())])
    return process or _popen(command, **options)


def run(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run a program to its end, as `subprocess.run` does."""
    if set(options) & {"input", "stdin"}:
        return _run(command, **options)  # type: ignore[no-any-return]
    text, check, timeout = (options.pop(name, None) for name in ("text", "check", "timeout"))
    names = ("stdout", "stderr")
    captured = options.pop("capture_output", False)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        files = {name: file for name, file in zip(names, (out, error), strict=True)
                 if captured or options.get(name) == subprocess.PIPE}  # fmt: skip
        with popen(command, **{**options, **files}) as process:
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        said = {name: _content(files[name], text=text) if name in files else None for name in names}
    done = subprocess.CompletedProcess(command, process.returncode, **said)
    if check:
        done.check_returncode()
    return done


def _content(file: Any, *, text: bool | None) -> str | bytes:
    file.seek(0)
    content: bytes = file.read()
    return content.decode() if text else content


def _descriptor(stream: Any) -> int:
    return stream if isinstance(stream, int) else int(stream.fileno())


# --- The process that forks


def main() -> None:
    """Import the libraries, and fork as asked."""
    for name in LIBRARIES:
        with suppress(ImportError):
            importlib.import_module(name)
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, which end this one
    _serve(socket.socket(fileno=int(sys.argv[1])))


def _serve(asked: socket.socket) -> None:
    """Answer until no one is left to ask."""
    while True:
        message, descriptors, *_ = socket.recv_fds(asked, MESSAGE_MAX, 8)
        if not message:
            os._exit(0)
        question = json.loads(message)
        if "poll" in question:
            pid, status = os.waitpid(question["poll"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        elif not (answer := os.fork()):
            asked.close()
            _become(Program(**question["program"]), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        asked.send(json.dumps(answer).encode())


def _become(program: Program, descriptors: list[int]) -> NoReturn:
    """Run the program in this process, which ends with it."""
    code: Any = 1
    try:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        os.environ.clear()
        os.environ.update(program.environment)
        _show(program.command, program.environment)
        os.chdir(program.folder)
        sys.path[:1] = [program.folder, *filter(None, program.environment.get(WAYS, "").split(os.pathsep))]
        for stream, descriptor in zip((1, 2), descriptors, strict=False):
            os.dup2(descriptor, stream)
            os.close(descriptor)
        for kept in descriptors[2:]:
            os.set_inheritable(kept, True)
        if program.command[2] in PARENTS:
            _take_server()
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if program.unit is not None:
            confine(program.unit)
        sys.argv = ["-m", *program.command[3:]]
        for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
            del sys.modules[name]
        runpy.run_module(program.command[2], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 - whatever it is, it is printed, and the process ends
        traceback.print_exc()
    _end(code)


def _end(code: Any) -> NoReturn:
    """End as Python does: after threads and what is registered, but without taking all libraries apart."""
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code or 0)


def _take_server() -> None:
    """Fork a server of this process's own, whose forks end with it; what it starts is forked from there."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent = os.getpid()
    if os.fork() == 0:
        ours.close()
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)
        _show(["forks"], {})
        _serve(theirs)
    theirs.close()
    _servers[:] = [Server(ours)]
    subprocess.Popen, subprocess.run = popen, run  # type: ignore[misc, assignment]


def _show(command: list[str], environment: Mapping[str, str]) -> None:
    """Show others this command line and environment (proc(5)), in place of those of the process that forked."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    lines = command, [f"{name}={value}" for name, value in environment.items()]
    for (start, end), words in zip((fields[45:47], fields[47:49]), lines, strict=True):
        room = int(end) - int(start)
        shown = b"".join(word.encode() + b"\0" for word in words)[: room - 1]
        ctypes.memmove(int(start), shown.ljust(room, b"\0"), room)


if __name__ == "__main__":
    main()
