"""Start a systemd unit's program where systemd is not process 1: ``python as_unit.py '{"command": …}'``.

The fall-back of these tests and of ``make production``. Of the unit it honours what a process can set for itself:
the user, the environment, the file mask, no new privileges, no capabilities, memory that is never both written and run,
and the open port that systemd hands over. Namespaces and the filter of system calls it does not: those are systemd's.
"""

import ctypes
import json
import os
import pwd
import signal
import sys
from typing import Any

PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_MDWE = 1, 24, 38, 65
CAPABILITIES = 64
LISTEN_FD = 3


def main() -> None:
    """Become the program."""
    document: dict[str, Any] = json.loads(sys.argv[1])
    environment = {**os.environ, **document["environment"]}
    if (port := document["port"]) is not None:
        os.dup2(port, LISTEN_FD)
        environment |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
    os.chdir(document["folder"])
    confine(document)
    os.execve(document["command"][0], document["command"], environment)  # noqa: S606 - no shell, on purpose


def confine(document: dict[str, Any]) -> None:
    """Become the unit's user, with its file mask, and give up what it gives up."""
    os.umask(int(document["umask"], 8))
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getppid()
    user = pwd.getpwnam(document["user"])
    if os.geteuid() == 0 != user.pw_uid:
        for capability in range(CAPABILITIES):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # those that the kernel does not know are no loss
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if document["no_written_programs"]:
        libc.prctl(PR_SET_MDWE, 1, 0, 0, 0)  # Linux 6.3 and newer; an older one does not know it


if __name__ == "__main__":
    main()
