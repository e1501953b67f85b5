"""The production shape on this machine, for trying: ``python -m tests.campaigns.production``, until Ctrl-C."""

import argparse
import signal
import sys
from contextlib import suppress

from tests.campaigns.production.production import running


def main() -> int:
    """Run it until it is stopped; what it keeps is gone then."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print("nginx, gunicorn, Postgres, Redis and the painters are getting ready …", flush=True)
    with suppress(KeyboardInterrupt), running(workers=arguments.workers, port=arguments.port) as site:
        print(f"MoMA Lisa is open at {site.url}, in {site.place}  (Ctrl-C closes it)", flush=True)
        signal.pause()
    print("Closed.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
