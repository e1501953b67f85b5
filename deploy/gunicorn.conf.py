"""gunicorn's settings: ``gunicorn --config deploy/gunicorn.conf.py wsgi:app``. ``WEB_CONCURRENCY`` and the options
in ``GUNICORN_CMD_ARGS`` win over what stands here."""

import ctypes
import importlib.util
import os
import re
import sys
import tomllib
from contextlib import suppress
from pathlib import Path

from gunicorn.glogging import Logger

cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

bind = "127.0.0.1:8000"  # where systemd hands over an open port (deploy/systemd/moma-web.socket), it is that
# The code beside this file, by its real name: where a link such as /srv/moma/current is turned to another version, a
# process goes on with its own, and a reload (which reads this file again) takes the new one, also on the way back.
chdir = str(Path(__file__).resolve().parents[1])
sys.path[:] = [path for path in sys.path if path != chdir]  # gunicorn puts it first, but only if it is not there
worker_class = "gthread"  # a thread that waits for the database keeps no process busy
workers = int(os.environ.get("WEB_CONCURRENCY", min(cores + 1, 8)))  # each may open ten of Postgres' usual 100
threads = 8

# nginx takes slow clients upon itself. Without it, a silent one is dropped as well.
timeout = 30
graceful_timeout = 25
keepalive = 15  # longer than nginx keeps a connection that nobody uses
backlog = 512
limit_request_line = 8190  # as much as nginx passes on: the application says in its own words what is too long
limit_request_fields = 64

# A process is replaced now and then, not all at once: what leaks, leaks little. While a new one starts, for some
# seconds, the others are busy: under full load that is once in some hours.
max_requests = 500_000
max_requests_jitter = 100_000

# Who may say "X-Forwarded-Proto: https". How many proxies to believe about addresses says MOMA_PROXIES.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")

control_socket_disable = True
# Signs of life are not for a disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # nosec B108  # noqa: PTH112, S108
accesslog = "-"
errorlog = "-"
# Nobody's address, nobody's words; at the end the request's id, as on the application's lines.
access_log_format = '"%(m)s %(U)s %(H)s" %(s)s %(b)s %(M)sms request_id=%({x-request-id}o)s'
WITH_VISITORS = '%(h)s %({x-forwarded-for}i)s "%(r)s" %(s)s %(b)s %(M)sms "%(a)s" request_id=%({x-request-id}o)s'

# Figures of requests are counted by all processes in one folder (docs/metrics.md); each has a seat there, which the
# process that takes its place takes over. Nothing of the application is imported: a reload would keep its old code.
instance = Path(os.environ.get("MOMA_INSTANCE") or "instance")
figures = Path(os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(instance.resolve() / "metrics")))
figures.mkdir(parents=True, exist_ok=True)

# How lines are written, loaded by its path for the same reason.
spec = importlib.util.spec_from_file_location("lines", Path(__file__).parents[1] / "app/observability/log_lines.py")
lines = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lines)


def log_format():
    """Return the setting, before the application is there to be asked: a wrong one ends its start, not ours."""
    file = instance / "settings.toml"
    try:
        told = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError):
        told = {}
    return os.environ.get("MOMA_LOG_FORMAT", told.get("log_format", lines.TEXT))


WORDS = re.compile(r"(/walks/[a-z0-9]{16}-)[^/?\s]*")  # a walk's, behind its id
MALLOC_ARENAS = -8  # M_ARENA_MAX in malloc.h


class logger_class(Logger):  # noqa: N801 - the setting's name
    """gunicorn's logs, with the path of a request as it came: decoded, it could hold the end of a line."""

    def setup(self, cfg):
        """Write JSON where the settings say so."""
        super().setup(cfg)
        if log_format() == lines.JSON:
            for log in (self.error_log, self.access_log):
                for handler in log.handlers:
                    handler.setFormatter(lines.JsonLines())

    def atoms(self, resp, req, environ, request_time):
        """Return what may stand in a line of the access log."""
        path = WORDS.sub(r"\1", environ["RAW_URI"].partition("?")[0])
        return super().atoms(resp, req, environ, request_time) | {"U": path}


def post_worker_init(worker):
    """Name visitors in the logs, or nowhere, as the application's settings and its about page say."""
    if worker.wsgi.config["LOG_VISITORS"]:
        worker.log.cfg.set("access_log_format", WITH_VISITORS)
    else:
        worker.log.error_log.addFilter(without_visitors)


def without_visitors(record):
    """Take addresses, and what was asked for, out of gunicorn's words about a request that went wrong."""
    words = record.getMessage()
    if words.startswith("Invalid request from"):
        record.msg, record.args = "An invalid request was refused.", ()
    elif words.startswith("Error handling request"):
        record.msg, record.args = WORDS.sub(r"\1", words.partition("?")[0]), ()
    return True


def on_starting(_server):
    """Begin to count at 0: at each start, but not at a reload."""
    for path in figures.glob("*.db"):
        path.unlink()


def pre_fork(server, worker):
    """Give a new process the lowest seat that nobody has."""
    taken = {other.seat for other in server.WORKERS.values()}
    worker.seat = next(seat for seat in range(len(taken) + 1) if seat not in taken)


def post_fork(_server, worker):
    """Tell the process its seat, and have its threads share two pools of memory: eight of them keep more unused."""
    os.environ["WEB_SEAT"] = str(worker.seat)
    with suppress(AttributeError):  # the C library is not GNU's
        ctypes.CDLL(None).mallopt(MALLOC_ARENAS, 2)
