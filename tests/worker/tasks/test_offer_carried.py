"""The worker reads what a model can do once a task, and asks the site no more while it paints."""

from typing import Any

import pytest

from tests.conftest import Maker
from tests.support.call_trace import traced
from worker.tasks import batch_task

pytestmark = pytest.mark.slow


def test_no_batch_asks_the_site_for_its_model(generated: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    generate, climbs = batch_task.generate, []

    def noted(painting: Any) -> Any:
        with traced() as trace:
            rest = generate(painting)
        if painting.claim.kind != "film":
            asked = [name for package, name in trace.calls if package.startswith("app.offer")]
            climbs.append([name for name in asked if not name.startswith("cost.")])  # arithmetic that both sides share
        return rest

    monkeypatch.setattr(batch_task, "generate", noted)
    walk = generated(frames=8)
    assert walk.state == "finished"
    assert len(climbs) > 2 and [name for each in climbs for name in each] == []
