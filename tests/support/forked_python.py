"""A ``python`` for the path of shell scripts that forks instead of starting again, where `tests.support.forks` can."""

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import asleep, forks

SCRIPT = """#!{python} -IS
import json, os, socket, sys
asked = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
asked.connect({address!r})
request = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(asked, [request], [1, 2])
code = asked.recv(100).decode()
if code == " ":
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
if int(code) < 0:
    os.kill(os.getpid(), -int(code))
sys.exit(int(code))
"""


@contextmanager
def on_path(folder: Path) -> Iterator[str]:
    """Yield a ``PATH`` that begins with such a ``python``, in ``folder``; a signal that ends it kills the fork."""
    folder.mkdir()
    address = folder / "asked"
    script = folder / "python"
    script.write_text(SCRIPT.format(python=sys.executable, address=str(address)), "utf-8")
    script.chmod(0o755)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(str(address))
        listening.listen()
        thread = threading.Thread(target=_accept, args=(listening,))
        thread.start()
        try:
            yield os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ["PATH"]])
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(listening: socket.socket) -> None:
    """Serve one process after the other, each in a thread, until no caller listens."""
    served = []
    while True:
        try:
            served.append(threading.Thread(target=_serve, args=(listening.accept()[0],)))
        except OSError:
            break
        served[-1].start()
    for thread in served:
        thread.join()


def _serve(asked: socket.socket) -> None:
    with asked:
        message, streams, *_ = socket.recv_fds(asked, forks.MESSAGE_MAX, 2)
        words, folder, environment = json.loads(message)
        process = forks.fork(forks.Program([sys.executable, *words], folder, environment), streams)
        for stream in streams:
            os.close(stream)
        if process is None:
            asked.send(b" ")
            return
        asked.setblocking(False)
        while (code := process.poll()) is None:
            asleep.pause(0.02)
            try:
                if not asked.recv(1):  # it has ended: nothing waits any more
                    process.kill()
            except BlockingIOError:
                continue
        try:
            asked.send(str(code).encode())
        except BrokenPipeError:
            return
