"""Work side by side: what comes back in order, each in one thread, and the caller's threads as they were."""

import threading

import pytest
import torch

from tests.support.live import PATIENCE
from worker.networks import thread_lanes


@pytest.mark.parametrize(
    ("threads", "rows", "least", "count"), [(2, 16, 3, 2), (4, 9, 3, 3), (2, 5, 3, 1), (1, 9, 1, 1)]
)
def test_batch_has_a_part_for_each_thread_if_large_enough(threads: int, rows: int, least: int, count: int) -> None:
    torch.set_num_threads(threads)
    assert thread_lanes.count_parts(rows, least=least) == count


def test_results_come_in_order_however_many_there_are() -> None:
    torch.set_num_threads(2)
    assert thread_lanes.run_in_lanes(lambda a, b: a * b, [(i, 10) for i in range(7)]) == [0, 10, 20, 30, 40, 50, 60]


def test_lanes_run_at_the_same_time_in_one_thread_each() -> None:
    torch.set_num_threads(2)
    meeting = threading.Barrier(2, timeout=PATIENCE)

    def work() -> tuple[int, str]:
        meeting.wait()
        return torch.get_num_threads(), threading.current_thread().name

    (here, first), (there, second) = thread_lanes.run_in_lanes(work, [(), ()])
    assert (here, there) == (1, 1)
    assert first != second
    assert torch.get_num_threads() == 2


def test_callers_threads_come_back_after_an_error() -> None:
    torch.set_num_threads(2)

    def fails(number: int) -> None:
        raise MemoryError(number)

    with pytest.raises(MemoryError):
        thread_lanes.run_in_lanes(fails, [(1,), (2,)])
    assert torch.get_num_threads() == 2
