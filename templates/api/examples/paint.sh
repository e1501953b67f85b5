site={{ site }}

# A token of your own: by it the walk is yours, even if an answer is lost.
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
token=$(random)

# Ask for a walk. Sent again with the same key, this makes no second one.
walk=$(curl -fsS --retry 3 "$site{{ prefix }}/api/v1/walks" \
  -H "Authorization: Bearer $token" -H "Idempotency-Key: $(random)" \
  -H 'Content-Type: application/json' \
  -d '{"stops": [{"prompt": "a lemon"}, {"prompt": "the sun"}],
       "seed": 11, "frames": 24}' \
  -o walk.json -w '%header{location}')

# Look once a second until it has come to its end.
until grep -q '"finished_at": *"' walk.json; do
  sleep 1
  curl -fsS "$site$walk" -o walk.json || break
done

# Keep the film.
film=$(sed -n 's/.*"gif": *"\([^"]*\)".*/\1/p' walk.json)
curl -fsS "$site$film" -o film.gif
