"""The other walks that a walk's page shows: its relations, its neighbours, and those beside it in the gallery."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from app.collection.gallery import catalogue
from app.storage.walk_models import FINISHED, Walk
from app.walks.saved import lineage, neighbours, reuse, versions

CHILDREN = 5
JOINING = 2
NEARBY = 4


@dataclass(frozen=True)
class RelatedWalks:
    """The walks related to a walk; all but ``earlier``, ``remixed`` and ``original`` only once it is made or given up.

    ``larger`` are larger films of it, also those of the visitor alone; ``near`` the numbers of the walks nearest to it
    in meaning, without those that are shown already; ``newer`` and ``older`` the IDs of those beside it in the gallery.
    """

    earlier: Walk | None
    remixed: Walk | None
    original: Walk | None
    later: tuple[Walk, ...] = ()
    is_larger: bool = False
    larger: tuple[Walk, ...] = ()
    remixes: tuple[Walk, ...] = ()
    before: tuple[Walk, ...] = ()
    after: tuple[Walk, ...] = ()
    near: tuple[int, ...] = ()
    newer: str | None = None
    older: str | None = None

    @cached_property
    def nearby(self) -> list[Walk]:
        """Return the walks nearest to it in meaning, loaded when they are first needed."""
        return catalogue.with_numbers([*self.near])

    @property
    def is_for_one(self) -> bool:
        """Return whether one of them is for its owner alone."""
        return any(each.unlisted or each.is_waiting for each in self.larger)

    @property
    def version(self) -> tuple[object, ...]:
        """Return what tells whether any of them has changed."""
        single = self.earlier, self.remixed, self.original
        several = self.later, self.larger, self.remixes, self.before, self.after
        near = versions.of_cards(self.near)
        return *map(versions.of_walk, single), *map(versions.of_all, several), near, self.newer, self.older


def of_walk(walk: Walk, owners: Collection[str]) -> RelatedWalks:
    """Return the walks that are related to ``walk``, as far as everyone may see them.

    :param owners: the hashes of the visitor's belongings, whose own larger films are shown too.
    """
    earlier, remixed, original = lineage.parent_of(walk), lineage.remixed_from(walk), reuse.original_of(walk)
    is_larger = remixed is not None and lineage.is_larger(walk, remixed)
    if walk.is_waiting:
        return RelatedWalks(earlier, remixed, original, is_larger=is_larger)
    there = lineage.relations_of(walk)
    later = lineage.children_of(walk, CHILDREN) if there.children else []
    shown = [*later, *([earlier] if earlier else [])]
    before = neighbours.before(walk, JOINING, excluding=shown) if there.before else []
    after = neighbours.after(walk, JOINING, excluding=[*shown, *before]) if there.after else []
    larger = lineage.larger_of(walk, owners) if there.remixes and walk.state == FINISHED else []
    remixes = lineage.remixes_of(walk, CHILDREN) if there.remixes else []
    newer, older = catalogue.beside(walk)
    seen = [*before, *after, *larger, *([remixed] if remixed else [])]
    return RelatedWalks(
        earlier,
        remixed,
        original,
        later=tuple(later),
        is_larger=is_larger,
        larger=tuple(larger),
        remixes=tuple(each for each in remixes if each not in larger),
        before=tuple(before),
        after=tuple(after),
        near=tuple(catalogue.related_numbers(walk, NEARBY, excluding=seen)),
        newer=newer,
        older=older,
    )
