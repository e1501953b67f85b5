"""What an owner may still change about a walk: its title, and whether it is listed in the gallery."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.commissions import brought_photos, error_messages
from app.commissions.schema import check_words, limits_in_schema
from app.errors import InvalidInput
from app.generation.limits import Limits
from app.i18n.gettext import _
from app.moderation import banned_words
from app.storage.database import db, writing
from app.storage.walk_models import Walk
from app.text import folding
from app.walks import lookup


class WalkChange(BaseModel):
    """What is to be changed about a walk; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    title: Annotated[
        Annotated[str, AfterValidator(check_words)] | None,
        limits_in_schema(
            lambda limits: {"minLength": 1, "maxLength": limits.prompt_max, "examples": ["Breakfast in July"]}
        ),
    ] = None
    """Its name on the wall, written as prompts are; null names it by its stops again."""
    unlisted: Annotated[
        bool, Field(examples=[True], json_schema_extra=lambda schema: schema.pop("default", None) and None)
    ] = False
    """Whether it is left out of the gallery."""
    photos_may_be_shown: Annotated[
        bool, Field(examples=[True], json_schema_extra=lambda schema: schema.pop("default", None) and None)
    ] = False
    """Whether you may publish the pictures that you brought, and those in them agree. Else the walk stays unlisted."""


def validate(data: Any) -> WalkChange:
    """Check a change against the rules and limits.

    :raises InvalidInput: with one error for each field that is wrong.
    """
    shape = _('A change must be an object such as {"title": "Breakfast in July"}.')
    change = error_messages.read_model(WalkChange, data, Limits.current(), shape=shape)
    if errors := banned_words.flaws([(("title",), _("The title"), change.title or "")]):
        raise InvalidInput(errors)
    return change


def apply(walk: Walk, change: WalkChange) -> None:
    """Change what was asked for; the gallery, search, feed and embeds know it from then on.

    :raises WalkGone: when it was taken down meanwhile.
    :raises InvalidInput: when it is to be listed, and nobody agreed that its photos are shown.
    """
    with writing() as session:
        row = session.get(Walk, walk.number, populate_existing=True, with_for_update=True)
        if row is None or row.deleted_at is not None:
            raise lookup.gone(row or walk)
        for name in change.model_fields_set:
            setattr(row, {"title": "given_title"}.get(name, name), getattr(change, name))
        _hold_back(row, change)
        row.words = folding.index_text(row.searchable_texts)
    db.session.refresh(walk)


def _hold_back(walk: Walk, change: WalkChange) -> None:
    """Keep a walk with photos out of the gallery until its owner agrees; who takes that back takes it out.

    :raises InvalidInput: when it is to be listed without.
    """
    agreed = walk.photos_may_be_shown and brought_photos.has_photos(walk)
    walk.photos_may_be_shown = agreed and not brought_photos.is_held_back(walk)
    if walk.unlisted or brought_photos.may_be_listed(walk):
        return
    if "unlisted" not in change.model_fields_set:
        walk.unlisted = True
        return
    if agreed:
        message = _("It goes on from a photo whose owner did not agree that it is shown. So it stays unlisted.")
    else:
        message = _("A walk with a photo is listed only if you may publish it, and those in it agree. Tick that first.")
    raise InvalidInput.on("photos_may_be_shown", message=message)
