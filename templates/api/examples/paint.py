import json
import time
import urllib.error
import urllib.request
import uuid

SITE = "{{ site }}"


def ask(path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    headers["Content-Type"] = "application/json"
    request = urllib.request.Request(SITE + path, data, headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SystemExit(json.load(error)["detail"]) from None


# Ask for a walk. Sent again with the same key, this makes no second one.
stops = [{"prompt": "a lemon"}, {"prompt": "the sun"}]
key = {"Idempotency-Key": str(uuid.uuid4())}
walk = ask("{{ prefix }}/api/v1/walks", {"stops": stops, "seed": 11, "frames": 24}, **key)

# Look once a second until it has come to its end.
while walk["finished_at"] is None:
    time.sleep(1)
    walk = ask("{{ prefix }}/api/v1/walks/" + walk["id"])
    print(walk["state"], walk["frames_painted"], "of", walk["frames"])

# Keep the film.
if walk["state"] != "finished":
    raise SystemExit(walk["error"])
urllib.request.urlretrieve(SITE + walk["media"]["gif"], "film.gif")
