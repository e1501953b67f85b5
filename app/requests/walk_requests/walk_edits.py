"""Changes that an owner may make to a walk: its title, and whether it is listed in the gallery."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.collection.moderation import banned_words
from app.core.errors import InvalidInput
from app.core.i18n.gettext import _
from app.core.text.stored import check_words
from app.offer.generation.limits import Limits
from app.requests.walk_requests import brought_photos, error_messages
from app.requests.walk_requests.schema_limits import limits_in_schema
from app.storage.database import db, writing
from app.storage.walk_models import Walk
from app.walks.saved import lookup


class WalkChange(BaseModel):
    """Changes to a walk; fields that are left out stay as they are."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    title: Annotated[
        Annotated[str, AfterValidator(check_words)] | None,
        limits_in_schema(
            lambda limits: {"minLength": 1, "maxLength": limits.prompt_max, "examples": ["Breakfast in July"]}
        ),
    ] = None
    """The walk's title, with the rules of prompts; null restores the title made from its stops."""
    unlisted: Annotated[
        bool, Field(examples=[True], json_schema_extra=lambda schema: schema.pop("default", None) and None)
    ] = False
    """Whether the walk is left out of the gallery."""
    photos_may_be_shown: Annotated[
        bool, Field(examples=[True], json_schema_extra=lambda schema: schema.pop("default", None) and None)
    ] = False
    """Whether you may publish the pictures you uploaded and people in them agree. If not, the walk is unlisted."""
    publish_sound: Annotated[
        bool, Field(examples=[True], json_schema_extra=lambda schema: schema.pop("default", None) and None)
    ] = False
    """Whether you may publish the sound, within the film. If not, the walk is unlisted."""


def validate(data: Any) -> WalkChange:
    """Validate a change against the rules and limits, and return it.

    :raises InvalidInput: with one error for each invalid field.
    """
    shape = _('A change must be an object such as {"title": "Breakfast in July"}.')
    change = error_messages.read_model(WalkChange, data, Limits.current(), shape=shape)
    if errors := banned_words.flaws([(("title",), _("The title"), change.title or "")]):
        raise InvalidInput(errors)
    return change


def apply(walk: Walk, change: WalkChange) -> None:
    """Save a change to a walk; the gallery, search, feed and embeds use it from then on.

    :raises WalkGone: when the walk was deleted meanwhile.
    :raises InvalidInput: when it would be listed without consent to show its photos.
    """
    with writing() as session:
        row = session.get(Walk, walk.number, populate_existing=True, with_for_update=True)
        if row is None or row.deleted_at is not None:
            raise lookup.gone(row or walk)
        for name in change.model_fields_set:
            setattr(row, {"title": "given_title"}.get(name, name), getattr(change, name))
        _apply_consent(row, change)
        row.search_text = row.search_words
    db.session.refresh(walk)


def _apply_consent(walk: Walk, change: WalkChange) -> None:
    """Unlist a walk with photos or a sound until its owner agrees to publish them.

    :raises InvalidInput: when the change asks to list it without that.
    """
    agreed = walk.photos_may_be_shown and brought_photos.has_photos(walk)
    walk.publish_sound = walk.publish_sound and walk.sound_digest is not None
    walk.photos_may_be_shown = agreed and not brought_photos.is_from_private_photo(walk)
    if walk.unlisted or brought_photos.may_be_listed(walk):
        return
    if "unlisted" not in change.model_fields_set:
        walk.unlisted = True
        return
    if walk.photos_may_be_shown or not brought_photos.has_photos(walk):
        message = _("A walk with a sound is listed only if you may publish the sound. Tick that first.")
        raise InvalidInput.on("publish_sound", message=message)
    if agreed:
        message = _("It goes on from a photo whose owner did not agree that it is shown. So it stays unlisted.")
    else:
        message = _("A walk with a photo is listed only if you may publish it, and those in it agree. Tick that first.")
    raise InvalidInput.on("photos_may_be_shown", message=message)
