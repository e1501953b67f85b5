curl -fsS -X DELETE "$site$walk" -H "Authorization: Bearer $token"
