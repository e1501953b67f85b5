"""gunicorn's settings: ``gunicorn --config deploy/gunicorn.conf.py wsgi:app``.

``WEB_CONCURRENCY`` and the options in ``GUNICORN_CMD_ARGS`` take precedence over this file.
"""

import importlib.util
import os
import re
import sys
import tomllib
from pathlib import Path

from gunicorn.glogging import Logger


def variable(name, default):
    """Return an environment variable without space around it, or the default if it is missing or empty."""
    return os.environ.get(name, "").strip() or default


def refuse(name, must):
    """End the start with a sentence that names a variable."""
    sys.exit(f"{name} must {must}, not {os.environ[name]!r}.")


cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

bind = "127.0.0.1:8000"  # a socket passed by systemd (deploy/systemd/moma-web.socket) takes precedence
# The real path of the code beside this file: if a link such as /srv/moma/current is changed to another version, running
# processes keep theirs, and a reload, which reads this file again, takes the new one. The same holds for a rollback.
chdir = str(Path(__file__).resolve().parents[1])
sys.path[:] = [path for path in sys.path if path != chdir]  # gunicorn inserts it first only if it is not in the list
workers = variable("WEB_CONCURRENCY", str(min(cores + 1, 8)))  # each opens up to 10 of Postgres's default 100
workers = int(workers) if workers.isdecimal() and int(workers) else refuse("WEB_CONCURRENCY", "be a number from 1")
threads = 8

timeout = 30
graceful_timeout = 25
keepalive = 15  # for proxies that keep connections; nginx is configured not to
backlog = 512
limit_request_line = 8190  # as much as nginx passes on, so that the application answers with its own error page
limit_request_fields = 64

# Processes are replaced one by one after this many requests, which limits memory leaks. A new one takes some seconds to
# start; under full load this happens once in some hours.
max_requests = 500_000
max_requests_jitter = 100_000

# The proxies whose "X-Forwarded-Proto: https" is trusted. MOMA_PROXIES sets how many proxies are trusted for addresses.
forwarded_allow_ips = variable("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")

# The path below which gunicorn serves the site; it reads the variable at each request.
below = variable("SCRIPT_NAME", "").removesuffix("/")
if not re.fullmatch(r"((/(?!\.{1,2}(/|$))[A-Za-z0-9_.~-]+)+)?", below):
    refuse("SCRIPT_NAME", "be a path such as /moma")
os.environ["SCRIPT_NAME"] = below

control_socket_disable = True
# Keep the workers' heartbeat files in memory, not on a disk that may be slow.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # nosec B108  # noqa: PTH112, S108
accesslog = "-"
errorlog = "-"
# Without visitors' addresses and words. The request ID at the end is the same as in the application's log.
access_log_format = '"%(m)s %(U)s %(H)s" %(s)s %(b)s %(M)sms request_id=%({x-request-id}o)s'
WITH_VISITORS = '%(h)s %({x-forwarded-for}i)s "%(r)s" %(s)s %(b)s %(M)sms "%(a)s" request_id=%({x-request-id}o)s'

# All processes write request metrics to files in one folder (docs/reference/metrics.md). Each process has a numbered
# seat, which its replacement takes over. This file imports nothing of the application, because a reload would keep the
# old code.
instance = Path(variable("MOMA_INSTANCE", "instance")).expanduser()
figures = Path(variable("PROMETHEUS_MULTIPROC_DIR", str(instance.resolve() / "metrics")))
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(figures)
figures.mkdir(parents=True, exist_ok=True)

# The module of the log formats, loaded by its path for the same reason.
spec = importlib.util.spec_from_file_location(
    "lines", Path(__file__).parents[1] / "app/access/observability/log_lines.py"
)
lines = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lines)


def log_format():
    """Return the setting LOG_FORMAT before the application starts; ignores invalid settings, which stop its start."""
    file = instance / "settings.toml"
    try:
        settings = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError):
        settings = {}
    return variable("MOMA_LOG_FORMAT", settings.get("log_format", lines.TEXT))


# Threads: while one waits for the database, others of its process serve requests. None waits long for a slow client.
spec = importlib.util.spec_from_file_location(
    "slow_clients", Path(__file__).parents[1] / "app/site/web/slow_clients.py"
)
slow_clients = importlib.util.module_from_spec(spec)
spec.loader.exec_module(slow_clients)
worker_class = slow_clients.SlowClientWorker

WORDS = re.compile(r"(/walks/[a-z0-9]{16}-)[^/?\s]*")  # the slug of a walk, after its ID


class logger_class(Logger):  # noqa: N801 - the setting's name
    """gunicorn's logger, which logs the path of a request undecoded: decoded, it could contain a line break."""

    def setup(self, cfg):
        """Set up the handlers, with JSON lines if the settings say so."""
        super().setup(cfg)
        if log_format() == lines.JSON:
            for log in (self.error_log, self.access_log):
                for handler in log.handlers:
                    handler.setFormatter(lines.JsonLines())

    def atoms(self, resp, req, environ, request_time):
        """Return the fields of an access log line, with the path without query and slug."""
        path = WORDS.sub(r"\1", environ["RAW_URI"].partition("?")[0])
        return super().atoms(resp, req, environ, request_time) | {"U": path}


def post_worker_init(worker):
    """Log visitors' addresses if the setting LOG_VISITORS is on; otherwise remove them from the error log too."""
    if worker.wsgi.config["LOG_VISITORS"]:
        worker.log.cfg.set("access_log_format", WITH_VISITORS)
    else:
        worker.log.error_log.addFilter(without_visitors)


def without_visitors(record):
    """Remove addresses, slugs and queries from gunicorn's records about failed requests; return true, to log them."""
    words = record.getMessage()
    if words.startswith("Invalid request from"):
        record.msg, record.args = "An invalid request was refused.", ()
    elif words.startswith("Error handling request"):
        record.msg, record.args = WORDS.sub(r"\1", words.partition("?")[0]), ()
    return True


def on_starting(_server):
    """Delete the metrics of the last run; gunicorn calls this at each start, but not at a reload."""
    for path in figures.glob("*.db"):
        path.unlink()


def pre_fork(server, worker):
    """Give a new process the lowest free seat."""
    taken = {other.seat for other in server.WORKERS.values()}
    worker.seat = next(seat for seat in range(len(taken) + 1) if seat not in taken)


def post_fork(_server, worker):
    """Set ``WEB_SEAT`` in the new process."""
    os.environ["WEB_SEAT"] = str(worker.seat)
