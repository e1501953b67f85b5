"""A decoder that does what its input says, for tests of what becomes of one that does not end."""

import sys
import time

from app.walks.uploads import photo_decoding

does = sys.stdin.read()
photo_decoding.limit_process(wait=2 if does == "sleep" else 60, seconds=1)
match does:
    case "sleep":
        time.sleep(60)
    case "work":
        while True:
            pass
    case "memory":
        bytearray(2 * photo_decoding.MEMORY_MAX)
