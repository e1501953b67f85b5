"""Work in parallel lanes on a CPU: each of torch's threads takes a part of a batch, from start to end.

A small network is not faster with threads that share each of its thousand operations, since they wait for each other
after every one; threads with a part of the rows each meet only at the end (docs/explanation/speed.md). The
number of parts follows from the batch's size and the number of threads alone, both of which a recipe records: the same
recipe is always rendered in the same parts.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

import torch

T = TypeVar("T")


def count_parts(rows: int, *, least: int) -> int:
    """Return how many parts a batch is split into: one for each thread, but none smaller than `least` rows."""
    return max(1, min(torch.get_num_threads(), rows // least))


def run_in_lanes(work: Callable[..., T], batches: Sequence[Sequence[Any]]) -> list[T]:
    """Call `work` with each of these arguments, in as many lanes as torch has threads; return the results in order.

    The caller's thread is the first lane; its number of threads is restored afterwards.
    """
    threads = torch.get_num_threads()
    first, *others = [batches[lane::threads] for lane in range(min(threads, len(batches)))]
    try:
        futures = [_pool().submit(_follow, work, lane) for lane in others]
        results = [_follow(work, first), *(lane.result() for lane in futures)]
    finally:
        torch.set_num_threads(threads)
    return [results[i % threads][i // threads] for i in range(len(batches))]


@torch.inference_mode()
def _follow(work: Callable[..., T], lane: Sequence[Sequence[Any]]) -> list[T]:
    torch.set_num_threads(1)  # this is per thread, although torch documents it for the process
    return [work(*arguments) for arguments in lane]


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(thread_name_prefix="lane")
