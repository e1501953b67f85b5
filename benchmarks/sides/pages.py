"""Fill a site; then, for each path on standard input, print the CPU time of a request and the bytes of its page."""

from __future__ import annotations

import json
import sys
import tempfile
import time

from app import create_app
from benchmarks import web

REPEATED = 8
"""How many requests are timed together: the clock of a process is too coarse for one."""


def main() -> None:
    """Answer until standard input ends."""
    with tempfile.TemporaryDirectory(prefix="moma-bench-pages-") as folder:
        app = create_app({"REDIS_URL": "unix:///nonexistent.sock"}, instance_path=folder)
        with app.app_context():
            web.upgrade()
            web.fill(web.WALKS)
            web.db.engine.dispose()
        client = app.test_client(use_cookies=False)
        special = {"walk": "/walks/" + web._id(web.WALKS - 1), "deep": web._deep(app)}
        for line in sys.stdin:
            path, headers = special.get(line.strip(), line.strip()), {}
            if path.startswith("de "):
                path, headers = path[3:], {"Accept-Language": "de"}
            began = time.process_time()
            for _ in range(REPEATED):
                answer = client.get(path, headers=headers)
            spent = 1000 * (time.process_time() - began) / REPEATED
            assert answer.status_code == 200, (path, answer.status_code)
            print(json.dumps({"milliseconds": spent, "bytes": len(answer.data)}), flush=True)


if __name__ == "__main__":
    main()
