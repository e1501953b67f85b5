site={{ site }}

# Ask for a walk. Sent again with the same key, this makes no second one.
walk=$(curl -fsS --retry 3 "$site/api/v1/walks" \
  -H 'Content-Type: application/json' -H "Idempotency-Key: $(date +%s)-$RANDOM" \
  -d '{"stops": [{"prompt": "a lemon"}, {"prompt": "the sun"}],
       "seed": 11, "frames": 24}' \
  -o walk.json -w '%header{location}')
token=$(sed -n 's/.*"owner_token": *"\([^"]*\)".*/\1/p' walk.json)

# Look once a second until it has come to its end.
until grep -q '"finished_at": *"' walk.json; do
  sleep 1
  curl -fsS "$site$walk" -o walk.json || break
done

# Keep the film.
film=$(sed -n 's/.*"gif": *"\([^"]*\)".*/\1/p' walk.json)
curl -fsS "$site$film" -o film.gif
