import io

import pytest
from PIL import Image
from sqlalchemy import select, update

from app.access.auth import visitors
from app.core.errors import InvalidInput, TooMany
from app.requests.walk_requests import brought_photos, recipe, walk_edits
from app.requests.walk_requests.validation import validate
from app.site.presentation import form_fields
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.upload_models import Upload
from app.storage.walk_models import Frame, Walk
from app.walks.saved import lifecycle
from app.walks.uploads import kinds, photo_check, upload_store
from tests.conftest import Maker
from tests.support import placing
from tests.support.pictures import two_halves, written
from tests.support.raising import raising

pytestmark = pytest.mark.usefixtures("app")

MINE = "my secret, which no one else has"


def keep(width: int = 96, owner: str = MINE) -> Upload:
    """Keep a photo of mine."""
    checked = photo_check.check(written(two_halves((width, 64))))
    return upload_store.save(kinds.PHOTO, checked, owner_hash=visitors.digest(owner), network="")[0]


def place(*stops: dict[str, object], owner: str | None = MINE, **settings: object) -> Walk:
    """Request a walk of these stops."""
    wanted = validate({"stops": list(stops), **settings})
    return placing.place(wanted, visitor_key="me", owner=owner)[0]


def test_walk_holds_a_copy_of_the_photo_and_its_digest() -> None:
    photo = keep()
    walk = place({"picture": photo.id, "cut_out": True, "prompt": "an apple"}, {"prompt": "the sun"})
    assert [(stop.photo, stop.cut_out) for stop in walk.stops] == [(photo.digest, True), (None, None)]
    medium = walk.media["photo-0"]
    assert media_store.store().read_bytes(medium.path) == media_store.store().read_bytes(photo.path)
    assert medium.path.startswith(f"walks/{walk.id}/photo-0.")
    upload_store.forget(visitors.digest(MINE))
    assert media_store.store().exists(medium.path)


def test_stop_without_words_takes_those_that_its_photo_was_taken_for() -> None:
    photo = keep()
    with writing() as session:
        session.execute(update(Upload).where(Upload.id == photo.id).values(analysis={"description": "a red apple"}))
    db.session.refresh(photo)
    other = keep(98)
    walk = place({"picture": photo.id}, {"picture": other.id})
    assert [stop.prompt for stop in walk.stops] == ["a red apple", ""]
    assert walk.title == "A red apple, a photo"
    assert walk.url.endswith("-a-red-apple-a-photo")


def test_stop_needs_words_or_a_photo() -> None:
    with pytest.raises(InvalidInput, match="The prompt of stop 1 is empty"):
        validate({"stops": [{}, {"prompt": "the sun"}]})


@pytest.mark.parametrize("whose", ["nobody's", "somebody else's", "unknown", "of a deleted walk"])
def test_photo_that_is_not_the_owner_s_is_refused_and_named(whose: str) -> None:
    named, owner = keep().id, {"nobody's": None, "somebody else's": "another secret"}.get(whose, MINE)
    if whose == "unknown":
        named = "k7mz3vq9xw2hd8cf"
    if whose == "of a deleted walk":
        lifecycle.delete_walk(place({"picture": named}, {"prompt": "the sun"}))
    with pytest.raises(InvalidInput) as refused:
        place({"prompt": "the sun"}, {"picture": named}, owner=owner)
    (error,) = refused.value.errors
    assert error.field == "stops.1.picture"
    assert error.message.startswith("The picture of stop 2 is not here")


def test_unfit_photo_is_refused_in_the_words_of_who_looked() -> None:
    photo = keep()
    with writing() as session:
        session.execute(update(Upload).where(Upload.id == photo.id).values(error="It cannot hang here."))
    db.session.refresh(photo)
    with pytest.raises(InvalidInput, match="It cannot hang here"):
        place({"picture": photo.id}, {"prompt": "the sun"})


def test_walk_with_a_photo_is_unlisted_unless_it_may_be_shown() -> None:
    stops = {"picture": keep().id}, {"prompt": "the sun"}
    assert place(*stops).unlisted
    agreed = place(*stops, photos_may_be_shown=True)
    assert (agreed.unlisted, agreed.photos_may_be_shown) == (False, True)
    assert place(*stops, photos_may_be_shown=True, unlisted=True).unlisted
    wordy = place({"prompt": "a kite"}, {"prompt": "the sun"}, photos_may_be_shown=True)
    assert (wordy.unlisted, wordy.photos_may_be_shown) == (False, False)


def test_it_is_listed_later_only_once_its_owner_agrees_and_leaves_when_they_take_that_back() -> None:
    walk = place({"picture": keep().id}, {"prompt": "the sun"})
    with pytest.raises(InvalidInput, match="Tick that first"):
        walk_edits.apply(walk, walk_edits.validate({"unlisted": False}))
    assert walk.unlisted
    walk_edits.apply(walk, walk_edits.validate({"unlisted": False, "photos_may_be_shown": True}))
    assert not walk.unlisted
    walk_edits.apply(walk, walk_edits.validate({"photos_may_be_shown": False}))
    assert walk.unlisted


@pytest.mark.databases
def test_who_goes_on_from_a_photo_begins_at_what_was_painted_of_it_and_stays_unlisted(publish: Maker) -> None:
    parent = publish("a kite", "an apple", frames=2)
    still = written(Image.new("RGB", (64, 64), (1, 2, 3)))
    path = f"walks/{parent.id}/frames/end.png"
    media_store.store().write(path, still)
    with writing() as session:
        at_end = (Frame.walk_number == parent.number, Frame.index == 1)
        session.execute(update(Frame).where(*at_end).values(path=path, position=1.0))
        session.get(Walk, parent.number).stops[1].photo = "f" * 64
    db.session.expire_all()
    stops = {"prompt": "an apple"}, {"prompt": "the sun"}
    child = place(*stops, owner="somebody else", continues=parent.id)
    checked = photo_check.check(still)
    assert (child.stops[0].photo, child.stops[0].cut_out) == (checked.digest, False)
    copied = Image.open(io.BytesIO(media_store.store().read_bytes(child.media["photo-0"].path)))
    assert copied.getpixel((5, 5)) == (1, 2, 3)
    assert child.unlisted
    with pytest.raises(InvalidInput, match="did not agree"):
        walk_edits.apply(child, walk_edits.validate({"unlisted": False, "photos_may_be_shown": True}))
    with writing() as session:
        session.execute(update(Walk).where(Walk.id == parent.id).values(photos_may_be_shown=True))
    assert not place(*stops, owner="a third", continues=parent.id).unlisted


def test_recipe_names_the_photo_and_asks_for_it_again_by_that() -> None:
    photo = keep()
    walk = place({"picture": photo.id, "cut_out": True, "prompt": "an apple"}, {"prompt": "the sun"})
    document = recipe.recipe_of(walk)
    assert (document["stops"][0]["photo"], document["stops"][0]["cut_out"]) == (photo.digest, True)
    assert "photo" not in document["stops"][1]
    again = place({"picture": photo.digest, "cut_out": True, "prompt": "an apple"}, {"prompt": "the sun"})
    assert again.stops[0].photo == photo.digest
    with pytest.raises(InvalidInput, match="is not here"):
        place({"picture": photo.digest}, {"prompt": "the sun"}, owner="another secret")


def test_photo_of_an_own_walk_is_there_again_after_its_day() -> None:
    photo = keep()
    digest, owner = photo.digest, visitors.digest(MINE)
    place({"picture": photo.id}, {"prompt": "the sun"})
    upload_store.forget(owner)
    assert brought_photos.find(digest, visitors.digest("another secret")) is None
    found = brought_photos.find(digest, owner)
    assert found is not None
    assert found.digest == digest


def test_walks_of_other_photos_or_cut_out_are_no_repeats() -> None:
    one, other = keep(), keep(98)
    stops = [{"picture": one.id}, {"picture": other.id}, {"picture": one.id, "cut_out": True}]
    keys = {place({**stop, "prompt": "x"}, {"prompt": "the sun"}, seed=1).cache_key for stop in stops}
    assert len(keys) == 3


def test_repeat_leaves_no_photo_behind_in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.walks.saved.reuse.current_revision", lambda _name: "r" * 12)
    stops = {"picture": keep().id, "prompt": "x"}, {"prompt": "the sun"}
    original = place(*stops, seed=1)
    with writing() as session:
        session.execute(
            update(Walk).where(Walk.number == original.number).values(state="finished", model_revision="r" * 12)
        )
    repeat = place(*stops, seed=1)
    assert repeat.repeat_of == original.id
    assert repeat.media["photo-0"].path == original.media["photo-0"].path
    assert media_store.store().exists(original.media["photo-0"].path)
    assert not media_store.store().files(f"walks/{repeat.id}")


def test_walk_that_is_refused_leaves_no_photo_behind() -> None:
    wanted = validate({"stops": [{"picture": keep().id, "prompt": "x"}, {"prompt": "the sun"}]})
    with pytest.raises(TooMany):
        placing.place(wanted, visitor_key="me", owner=MINE, admit=raising(TooMany("Enough for now.", retry_after=60)))
    assert not media_store.store().files("walks")


def test_deleted_walk_takes_its_photo_along_in_both_places() -> None:
    photo = keep()
    walk = place({"picture": photo.id}, {"prompt": "the sun"})
    lifecycle.delete_walk(walk)
    assert not media_store.store().files("photos")
    assert not media_store.store().files(f"walks/{walk.id}")
    assert db.session.scalars(select(Upload)).all() == []


def test_cancelled_walk_keeps_its_photo_and_can_be_painted_after_all() -> None:
    walk = place({"picture": keep().id}, {"prompt": "the sun"})
    lifecycle.cancel(walk)
    assert media_store.store().exists(walk.media["photo-0"].path)
    lifecycle.retry(walk)
    assert walk.is_waiting


def test_form_names_stops_by_their_photos_for_a_remix() -> None:

    photo = keep()
    walk = place({"prompt": "the sun"}, {"picture": photo.id, "cut_out": True, "prompt": "an apple"})
    fields = form_fields.fields(walk)
    assert (fields["picture"], fields["cut_out"]) == (["", photo.digest], [1])
