"""Collections: walks that a visitor put together under a title, shared by an unguessable address or listed for all.

Visitors are known by the hash of their cookie, and by that of what their browsers share. Others see those walks of a
collection that are in the gallery; its owner also sees unlisted ones. Hidden and deleted walks are never shown.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Exists, Select, delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError

from app.collection.gallery import number_pages
from app.collection.gallery.number_pages import NumberPage
from app.collection.moderation import audit_log, banned_words
from app.core.errors import Conflict, InvalidInput, MomaError, NotOwner
from app.core.i18n.formatting import number
from app.core.i18n.gettext import N_, _
from app.core.text import stored
from app.storage.collection_models import Collection, CollectionItem
from app.storage.database import db, execute, now, take_advisory_lock, writing
from app.storage.house_models import TITLE_MAX
from app.storage.walk_models import FINISHED, ID, Walk
from app.walks.saved import lookup

ORDER, EVERY = "collections", "all collections"
COLLECTIONS_MAX = 50
WALKS_MAX = 100


class NoCollection(MomaError):
    """No collection has this ID."""

    status = 404
    title = N_("No such collection")


class NotYourCollection(NotOwner):
    """The request would change another visitor's collection."""

    title = N_("Not your collection")


@dataclass(frozen=True, slots=True)
class ShownCollection:
    """A collection as visitors see it in a list, with the number of its walks that are shown and the first of them."""

    collection: Collection
    count: int
    first: Walk | None


def at(collection_id: str) -> Collection:
    """Return the collection with this ID.

    :raises NoCollection: when there is none.
    """
    query = select(Collection).where(Collection.id == collection_id)
    collection: Collection | None = db.session.scalar(query) if ID.fullmatch(collection_id) else None
    if collection is None:
        raise NoCollection(_("No collection has this address. It may have been deleted."))
    return collection


def owned(collection_id: str, *owners: str) -> Collection:
    """Return the collection with this ID, which the visitor with these hashes made.

    :raises NoCollection: when there is none.
    :raises NotYourCollection: when another visitor made it.
    """
    collection = at(collection_id)
    if collection.owner_hash not in owners:
        message = _("Only the visitor who made this collection can do that, from the browser they made it with.")
        raise NotYourCollection(message)
    return collection


def of_owner(*owners: str) -> list[Collection]:
    """Return a visitor's collections, the newest first."""
    query = select(Collection).where(Collection.owner_hash.in_(owners)).order_by(Collection.number.desc())
    return list(db.session.scalars(query))


def of_owner_with(walk: Walk, *owners: str) -> list[tuple[Collection, bool]]:
    """Return a visitor's collections, the newest first, each with whether a walk is in it."""
    has_walk = exists().where(
        CollectionItem.collection_number == Collection.number, CollectionItem.walk_number == walk.number
    )
    query = select(Collection, has_walk).where(Collection.owner_hash.in_(owners)).order_by(Collection.number.desc())
    return [(collection, has_it) for collection, has_it in db.session.execute(query)]


def walks_of(collection: Collection, *, even_unlisted: bool = False) -> list[Walk]:
    """Return the public walks of a collection in their order; with ``even_unlisted``, as its owner sees them."""
    query = _items(lookup.select_shown() if even_unlisted else lookup.select_public(), collection)
    return lookup.without_deleted(db.session.scalars(query.options(*lookup.WHOLE)))


def listed(*, cursor: str | None = None) -> NumberPage[Collection]:
    """Return one page of the listed collections that have a public walk, the newest first.

    :raises InvalidInput: for an invalid cursor.
    """
    query = select(Collection).where(
        Collection.listed_at.is_not(None), Collection.barred.is_(False), _has_public_walk()
    )
    return number_pages.load(query, Collection.number, order=ORDER, of="", cursor=cursor)


def every(*, cursor: str | None = None) -> NumberPage[Collection]:
    """Return one page of all collections, unlisted ones too, the newest first.

    :raises InvalidInput: for an invalid cursor.
    """
    return number_pages.load(select(Collection), Collection.number, order=EVERY, of="", cursor=cursor)


def describe(collections: Sequence[Collection], *, even_unlisted: bool = False) -> list[ShownCollection]:
    """Return collections as lists show them, in their order; with ``even_unlisted``, as their owner sees them."""
    numbers = [each.number for each in collections]
    query = (
        (lookup.select_shown() if even_unlisted else lookup.select_public())
        .with_only_columns(CollectionItem.collection_number, Walk.number)
        .join(CollectionItem, CollectionItem.walk_number == Walk.number)
        .where(CollectionItem.collection_number.in_(numbers))
        .order_by(CollectionItem.position, Walk.number)
    )
    walks: dict[int, list[int]] = {}
    for collection_number, walk_number in db.session.execute(query):
        walks.setdefault(collection_number, []).append(walk_number)
    firsts = select(Walk).where(Walk.number.in_([each[0] for each in walks.values()]))
    found = {walk.number: walk for walk in lookup.without_deleted(db.session.scalars(firsts.options(*lookup.WHOLE)))}
    return [
        ShownCollection(each, len(its_walks), found.get(its_walks[0]) if its_walks else None)
        for each in collections
        for its_walks in [walks.get(each.number, [])]
    ]


def create(
    title: str, owner: str, *, is_listed: bool = False, walk: Walk | None = None, admit: Callable[[], None]
) -> Collection:
    """Create a collection, with a first walk or empty, and return it.

    :param admit: checks the rate limit; called after validation, and may raise to refuse the collection.
    :raises InvalidInput: for a title that breaks a rule.
    :raises Conflict: when the visitor has ``COLLECTIONS_MAX`` collections, or the walk is not finished.
    """
    title = _checked(title)
    if walk is not None:
        _check_finished(walk)
    _check_room(owner)
    admit()
    collection = Collection(title=title, owner_hash=owner, listed_at=now() if is_listed else None)
    with writing() as session:
        take_advisory_lock(session)  # several at once must not exceed the limit together
        _check_room(owner)
        session.add(collection)
        session.flush()
        if walk is not None:
            session.add(CollectionItem(collection_number=collection.number, walk_number=walk.number, position=0))
    return collection


def add(collection: Collection, walk: Walk, *, admit: Callable[[], None]) -> None:
    """Append a walk to a collection; one that is in it stays where it is.

    :param admit: checks the rate limit; may raise to refuse the walk.
    :raises Conflict: when the walk is not finished, or the collection has ``WALKS_MAX`` walks.
    """
    _check_finished(walk)
    if _has_walk(collection, walk):
        return
    admit()
    place = select(func.coalesce(func.max(CollectionItem.position) + 1, 0)).where(
        CollectionItem.collection_number == collection.number
    )
    there = select(Walk.number).where(Walk.number == walk.number, Walk.deleted_at.is_(None))
    with suppress(IntegrityError), writing() as session:  # the same click twice, or the collection was deleted
        take_advisory_lock(session)
        if _has_walk(collection, walk):
            return
        if session.scalar(there.with_for_update(read=True)) is not None:
            item = {"collection_number": collection.number, "walk_number": walk.number}
            session.add(CollectionItem(**item, position=session.scalar(place)))


def remove(collection: Collection, walk_id: str) -> None:
    """Remove a walk from a collection; the walk itself is not changed."""
    if not ID.fullmatch(walk_id):
        return
    walk_number = select(Walk.number).where(Walk.id == walk_id).scalar_subquery()
    of_collection = CollectionItem.collection_number == collection.number
    execute(delete(CollectionItem).where(of_collection, CollectionItem.walk_number == walk_number))


def move(collection: Collection, walk_id: str, *, upwards: bool) -> None:
    """Move a walk before the previous or after the next walk that the owner sees; at an end it stays."""
    shown = list(db.session.scalars(_items(lookup.select_shown(), collection)))
    place = next((index for index, walk in enumerate(shown) if walk.id == walk_id), None)
    other = None if place is None else place + (-1 if upwards else 1)
    if place is None or other is None or not 0 <= other < len(shown):
        return
    query = select(CollectionItem).where(CollectionItem.collection_number == collection.number)
    with writing() as session:
        items = list(session.scalars(query.order_by(CollectionItem.position, CollectionItem.walk_number)))
        order = [item.walk_number for item in items]
        if not {shown[place].number, shown[other].number} <= set(order):
            return  # one of them was removed meanwhile
        at_other = order.index(shown[other].number)
        order.remove(shown[place].number)
        order.insert(at_other, shown[place].number)
        for item in items:
            item.position = order.index(item.walk_number)


def rename(collection: Collection, title: str, *, admit: Callable[[], None]) -> None:
    """Change the title of a collection; see :func:`create` for the errors."""
    title = _checked(title)
    admit()
    _set(collection, title=title)


def set_listed(collection: Collection, is_listed: bool) -> None:
    """List a collection for everyone, or leave it to those who know its address.

    :raises Conflict: when a curator unlisted it.
    """
    if is_listed and collection.barred:
        raise Conflict(_("A curator took this collection off the list. People who know its address still see it."))
    _set(collection, listed_at=(collection.listed_at or now()) if is_listed else None)


def delete_own(collection: Collection) -> None:
    """Delete a collection of a visitor; its walks are not changed."""
    execute(delete(Collection).where(Collection.number == collection.number))


def delete_all_of(owner: str) -> int:
    """Delete all collections of a visitor; return how many there were."""
    return execute(delete(Collection).where(Collection.owner_hash == owner))


def bar(collection: Collection) -> None:
    """Unlist a collection as an operator, so that its owner cannot list it, and write the audit log."""
    _set(collection, "unlisted collection", listed_at=None, barred=True)


def unbar(collection: Collection) -> None:
    """Permit the owner of a collection to list it again, and write the audit log."""
    _set(collection, "allowed collection", barred=False)


def take_down(collection: Collection) -> None:
    """Delete a collection as an operator, and write the audit log."""
    with writing() as session:
        session.execute(delete(Collection).where(Collection.number == collection.number))
        audit_log.note_in(session, "deleted collection", collection.id)


def _items(query: Select[tuple[Walk]], collection: Collection) -> Select[tuple[Walk]]:
    return (
        query.join(CollectionItem, CollectionItem.walk_number == Walk.number)
        .where(CollectionItem.collection_number == collection.number)
        .order_by(CollectionItem.position, Walk.number)
    )


def _has_public_walk() -> Exists:
    walks = lookup.select_public().join(CollectionItem, CollectionItem.walk_number == Walk.number)
    return walks.where(CollectionItem.collection_number == Collection.number).exists()


def _check_room(owner: str) -> None:
    count = select(func.count()).select_from(Collection).where(Collection.owner_hash == owner)
    if (db.session.scalar(count) or 0) >= COLLECTIONS_MAX:
        message = _("%(most)s collections are as many as a visitor can have. Delete one first.", most=COLLECTIONS_MAX)
        raise Conflict(message)


def _has_walk(collection: Collection, walk: Walk) -> bool:
    """Return whether a walk is in a collection, which otherwise has room for it.

    :raises Conflict: when it has ``WALKS_MAX`` others.
    """
    walks = {each.number for each in db.session.scalars(_items(lookup.select_shown(), collection))}
    if walk.number not in walks and len(walks) >= WALKS_MAX:
        raise Conflict(_("%(most)s walks are as many as a collection can have.", most=number(WALKS_MAX)))
    return walk.number in walks


def _set(collection: Collection, noted: str = "", **values: object) -> None:
    """Change columns of a collection, and write the audit log if this is an operator's action."""
    with writing() as session:
        session.execute(update(Collection).where(Collection.number == collection.number).values(**values))
        if noted:
            audit_log.note_in(session, noted, collection.id)


def _checked(title: str) -> str:
    """Return a title as it is stored.

    :raises InvalidInput: when it is empty, too long, or contains a word that is not shown here.
    """
    try:
        title = stored.visible_text(title, TITLE_MAX)
    except ValueError as error:
        raise InvalidInput.on("title", message=f"{_('The title')} {error}") from error
    if errors := banned_words.flaws([(("title",), _("The title"), title)]):
        raise InvalidInput(errors)
    return title


def _check_finished(walk: Walk) -> None:
    if walk.state != FINISHED:
        raise Conflict(_("Only a walk that is painted can be in a collection."))
