"""The kinds of tasks, in one table, from which the queue, the workers, the metrics and the pages take what they need.

A kind that is added here is queued, claimed, leased, swept and counted like the others. What does it is a row in
``worker/tasks/short_tasks.py``; what it leaves behind when it fails, unless it is merely deleted, one in
``worker/queue/short_failures.py``.
"""

from dataclasses import dataclass

SHORT, WALK, SUSPENDED, PHOTO, LARGER, SOUND = 0, 1, 2, 3, 4, 5
"""The urgency of a task: short tasks, then tasks of walks, which take turns. Suspended tasks, of a failed walk, are not
claimed until the walk is retried. A new kind of short task has a number of its own: workers of the release before claim
all tasks of the numbers that they know."""


@dataclass(frozen=True, slots=True)
class TaskKind:
    """A kind of task: its name in the table ``pieces``, its urgency, and the files that it makes of one frame, by name.

    A short task is no part of an unfinished walk: it comes before the walks, in the order of ``urgency`` and arrival. A
    file is a medium that is named with the frame's index, as ``stages12``.
    """

    name: str
    urgency: int = WALK
    files: tuple[str, ...] = ()

    @property
    def is_short(self) -> bool:
        """Return whether this is a short task, which does not change a walk's state."""
        return self.urgency != WALK


KINDS = {
    kind.name: kind
    for kind in (
        TaskKind("stops"),
        TaskKind("knots"),
        TaskKind("frames"),
        TaskKind("film"),
        TaskKind("stages", SHORT, ("stages", "sheet")),  # an animated WebP, and all stages side by side in a WebP
        TaskKind("candidates", SHORT),
        TaskKind("lora", SHORT),
        TaskKind("photos", PHOTO),
        TaskKind("large", LARGER, ("large",)),  # a PNG
        TaskKind("sounds", SOUND),
    )
}
STOPS, KNOTS, FRAMES, FILM, STAGES, CANDIDATES, LORA, PHOTOS, LARGE, SOUNDS = KINDS

SHORT_KINDS = tuple(kind.name for kind in KINDS.values() if kind.is_short)
FRAME_KINDS = tuple(kind.name for kind in KINDS.values() if kind.files)
"""The kinds that make files of one frame, which are asked for on a page of that frame."""

FRAME_FILES = tuple(file for kind in KINDS.values() for file in kind.files)

SHORT_URGENCIES = tuple(dict.fromkeys(kind.urgency for kind in KINDS.values() if kind.is_short))
"""The urgencies that are claimed before tasks of walks."""
