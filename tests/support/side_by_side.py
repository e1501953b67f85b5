"""How the processes of a test run share the tests."""

from typing import Any

from xdist.scheduler import LoadScopeScheduling

SHARED_SITE = "the shared site"
SHARED = {
    *(f"tests/server/test_{name}.py" for name in ("browser", "cli_live", "faults", "manual", "site", "two_workers")),
    "tests/campaigns/pages/test_everybody.py",
    "tests/campaigns/proxies/test_nginx.py",
}
# Half of their time these wait for processes of their own. What takes long comes first, by how the names begin.
COMPUTING = ("tests/campaigns/training/", "tests/campaigns/generating/", "tests/app/whole/", "tests/studio/",
             "tests/worker/", "tests/app/walks/queue/test_fair_queue_sim")  # fmt: skip
WAITING = ("tests/campaigns/faults/", SHARED_SITE, "tests/campaigns/production/", "tests/campaigns/", "tests/server/")
LONG = (*COMPUTING[:2], *WAITING, *COMPUTING[2:])


class SideBySide(LoadScopeScheduling):
    """Share the tests so that the processor is always busy and all processes end at about the same time.

    Modules stay whole, and those that use the shared site stay together. Every other process takes first what mostly
    waits, the others first what computes; what takes long is handed out before what is short.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return SHARED_SITE if module in SHARED else module

    def _assign_work_unit(self, node: Any) -> None:
        """Move the module that this process is to take to the head of the queue, and hand it out."""
        waiting_first = int(node.gateway.id.removeprefix("gw")) % 2 == 0
        next_one = min(self.workqueue, key=lambda scope: self._place(scope, waiting_first=waiting_first))
        self.workqueue.move_to_end(next_one, last=False)
        super()._assign_work_unit(node)

    def _place(self, scope: str, *, waiting_first: bool) -> tuple[bool, int, int]:
        place = next((place for place, start in enumerate(LONG) if scope.startswith(start)), len(LONG))
        waits = scope.startswith(WAITING) and not scope.startswith(COMPUTING)
        return waits != waiting_first, place, -len(self.workqueue[scope])
