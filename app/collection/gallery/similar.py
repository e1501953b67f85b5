"""The public walks that are visually most similar to a frame of a walk."""

from dataclasses import dataclass

from werkzeug.exceptions import NotFound

from app.collection.search import visual_search
from app.core.i18n.gettext import _
from app.storage.walk_models import FINISHED, Frame, Walk
from app.walks.saved import lookup

SHOWN = 24


@dataclass(frozen=True, slots=True)
class SimilarWalks:
    """A frame of a walk and the public walks most similar to it; ``None`` until a worker has embedded its frames."""

    walk: Walk
    frame: Frame
    walks: list[Walk] | None


def find(walk_id: str, frame: str | None, *, limit: int) -> SimilarWalks:
    """Return up to ``limit`` public walks that are visually similar to a frame of a walk.

    :param frame: the index of the frame as text; ``None`` for the middle one.
    :raises NotFound: when the walk is not finished or has no such frame.
    :raises WalkNotFound: when there is no such walk.
    :raises WalkGone: when it was deleted or hidden.
    """
    walk = lookup.walk_at_address(walk_id)
    if walk.state != FINISHED or not walk.painted:
        raise NotFound(_("What looks like a walk can be found once it is finished."))
    index = str(len(walk.painted) // 2) if frame is None else frame
    row = next((each for each in walk.painted if str(each.index) == index), None)
    if row is None:
        raise NotFound(_("This walk has %(count)s frames; none of them has this number.", count=len(walk.painted)))
    return SimilarWalks(walk, row, visual_search.similar_walks(walk, row.index, limit=limit))
