"""How two processes share the tests."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScopeScheduling

SHARED_SITE = "the shared site"
SHARED = {
    f"tests/server/test_{name}.py"
    for name in ("browser", "cli_live", "everybody", "faults", "manual", "nginx", "site", "two_workers")
}
# What takes long, longest first, by how the names begin.
LONG = (SHARED_SITE, "tests/faults/", "tests/deploy/", "tests/server/", "tests/studio/", "tests/upgrades/",
        "tests/app/whole/", "tests/worker/", "tests/app/queue/test_fair_queue_sim")  # fmt: skip


class SideBySide(LoadScopeScheduling):
    """Two processes run the tests: what shares a site is left to one, modules stay whole, and what takes long is first.

    A module that is not named in ``SHARED`` or under ``LONG`` is tested all the same, only not as soon, or on one more
    site.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return SHARED_SITE if module in SHARED else module

    def _assign_work_unit(self, node: Any) -> None:
        """Hand out the one that takes longest of those that wait, so that both processes end at about the same time."""
        self.workqueue.move_to_end(min(self.workqueue, key=self._place), last=False)
        super()._assign_work_unit(node)

    def _place(self, scope: str) -> tuple[int, int]:
        place = next((place for place, path in enumerate(LONG) if scope.startswith(path)), len(LONG))
        return place, -len(self.workqueue[scope])
