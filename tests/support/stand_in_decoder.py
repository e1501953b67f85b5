"""A decoder that does what its input says, for tests of what becomes of one that does not end."""

import resource
import sys
import time

from app.uploads import photo_decoding

match sys.stdin.read():
    case "sleep":
        time.sleep(60)
    case "work":
        resource.setrlimit(resource.RLIMIT_CPU, (1, 2))
        while True:
            pass
    case "memory":
        resource.setrlimit(resource.RLIMIT_AS, (photo_decoding.MEMORY_MAX, photo_decoding.MEMORY_MAX))
        bytearray(2 * photo_decoding.MEMORY_MAX)
