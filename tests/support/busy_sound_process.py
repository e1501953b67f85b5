"""Stands in for the process that reads a sound: it takes the limits, and computes for ever."""

import sys

from worker.sound import process

*_paths, memory_max, cpu_seconds, wall_seconds = sys.argv[1:]
process.limit_process(int(memory_max), int(cpu_seconds), float(wall_seconds), file_max=1_000_000)
while True:
    pass
