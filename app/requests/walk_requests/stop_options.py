"""The options of a stop: each is declared here, with what it may be and its words, and in ``StopOptions`` of storage.

Requests, recipes, JSON, sentences and the API's reference are derived from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, NotRequired

from pydantic import AfterValidator, Field, ValidationInfo
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.core.field_docs import documented
from app.core.i18n.formatting import decimal
from app.core.i18n.gettext import N_, _
from app.core.text.stored import check_readable
from app.offer.generation import loras
from app.offer.generation.limits import CLIP_SKIP_MAX, Limits
from app.offer.generation.offers import Offer
from app.requests.walk_requests.schema_limits import limits_in_schema
from app.requests.walk_requests.stop_words import StopWords
from app.storage.walk_models import StopOptions


def _lora(text: str | None, info: ValidationInfo) -> str | None:
    """Return the name of a LoRA that fits the model; ``None`` if none is named."""
    if text is None or not text.strip():
        return None
    check_readable(text)
    if info.context and text not in info.context.loras:
        offer: Offer = info.context.offer
        raise ValueError(loras.refusal(text, offer.facts, offer.loras))
    if not loras.NAME.fullmatch(text):  # names in recipes are not checked against the folder
        raise ValueError(_("cannot be “%(lora)s”: that is no name of a LoRA.", lora=f"{text:.60}"))
    return text


def _lora_weight(weight: float | None, info: ValidationInfo) -> float | None:
    """Return the weight of a stop's LoRA: its default if none is given, ``None`` without a LoRA."""
    if info.data.get("lora"):
        return loras.WEIGHT_DEFAULT if weight is None else weight
    if weight is not None and "lora" in info.data:  # an invalid name has its own error
        raise ValueError(_("needs a LoRA: name one as “lora”, or leave the weight out."))
    return None


def _clip_skip(count: int | None, info: ValidationInfo) -> int | None:
    most = info.context.clip_skip_max if info.context else CLIP_SKIP_MAX
    if count is not None and not 1 <= count <= most:
        raise ValueError(_("must be a whole number from 1 to %(most)s, or be left out.", most=most))
    return count


class StopRequest(StopWords):
    """One stop of a request."""

    lora: Annotated[
        str | None,
        AfterValidator(_lora),
        limits_in_schema(lambda limits: {"enum": [*limits.loras, None], "examples": [None]}),
    ] = None
    """The LoRA, one of those at `/api/v1/styles` that fit the model."""
    lora_weight: Annotated[
        Annotated[float, Field(ge=-loras.WEIGHT_MAX, le=loras.WEIGHT_MAX, allow_inf_nan=False)] | None,
        AfterValidator(_lora_weight),
        Field(validate_default=True, examples=[None]),
    ] = None
    """The weight of the LoRA; 1 by default, below 0 for the opposite effect."""

    clip_skip: Annotated[
        int | None,
        AfterValidator(_clip_skip),
        limits_in_schema(lambda limits: {"minimum": 1, "maximum": limits.clip_skip_max, "examples": [None]}),
    ] = None
    """How many of the text encoder's last layers are skipped; ignored by models that cannot, as the note says."""
    at: Annotated[Annotated[float, Field(ge=0, allow_inf_nan=False)] | None, Field(examples=[None])] = None
    """With a sound: when the film reaches the stop, in seconds; null for on a beat, or the film's beginning or end."""

    def row(self) -> dict[str, Any]:
        """Return the stop as its row holds it, which names its photo by the digest."""
        photo = {"photo": self.picture, "cut_out": None if self.picture is None else self.cut_out}
        return (
            self.model_dump(exclude={"picture", "cut_out", "layout", "hand"})
            | {"requested_style": self.hand or ""}
            | photo
        )


@documented
class RecordedOptions(TypedDict):
    """The options of a stop as recipes hold them: only those that are set."""

    lora: NotRequired[Annotated[str, Field(examples=["ink"])]]
    """The name of its LoRA."""
    lora_weight: NotRequired[Annotated[float, Field(examples=[1.0])]]
    """The weight of that LoRA, from -2 to 2."""
    clip_skip: NotRequired[Annotated[int, Field(examples=[2])]]
    """How many of the text encoder's last layers are skipped."""
    at: NotRequired[Annotated[float, Field(examples=[4.5])]]
    """When the film reaches it, in seconds from its beginning."""


@documented
class DescribedOptions(TypedDict):
    """The options of a stop as the JSON of a walk holds them."""

    lora: Annotated[str | None, Field(examples=[None])]
    """The name of its LoRA; null without one."""
    lora_weight: Annotated[float | None, Field(examples=[None])]
    """The weight of the LoRA; null without one."""
    clip_skip: Annotated[int | None, Field(examples=[None])]
    """How many of the text encoder's last layers are skipped; null for none."""
    at: Annotated[float | None, Field(examples=[None])]
    """When the film was asked to reach it, in seconds from its beginning; null for on a beat, and without a sound."""


@dataclass(frozen=True, slots=True)
class Option:
    """The words of an option: its name at the beginning of a sentence, its rule, and what sentences say of a stop.

    ``rule`` takes the option's name with its stop, and the limits; ``words`` are "" for an option that another says.
    ``kind`` is the type of its values; with ``each`` the form has a field for each stop, else one for all stops.
    """

    subject: str
    rule: Callable[[str, Limits], str]
    words: Callable[[StopOptions], str]
    kind: type[str | int | float]
    each: bool = False


def _weight_rule(subject: str, _limits: Limits) -> str:
    bounds = {"least": decimal(-loras.WEIGHT_MAX), "most": decimal(loras.WEIGHT_MAX)}
    return _("%(subject)s must be a number from %(least)s to %(most)s.", subject=subject, **bounds)


def _clip_skip_rule(subject: str, limits: Limits) -> str:
    rule = _("must be a whole number from 1 to %(most)s, or be left out.", most=limits.clip_skip_max)
    return f"{subject} {rule}"


def _lora_words(options: StopOptions) -> str:
    if options.lora_weight is None:
        return ""
    return _("LoRA %(lora)s at %(weight)s", lora=options.lora, weight=decimal(options.lora_weight))


OPTIONS: Mapping[str, Option] = MappingProxyType({
    "lora": Option(
        N_("The LoRA"),
        lambda subject, _limits: _("%(subject)s must be the name of a LoRA, or null.", subject=subject),
        _lora_words,
        str,
        each=True,
    ),
    "lora_weight": Option(N_("The weight of the LoRA"), _weight_rule, lambda _options: "", float, each=True),
    "clip_skip": Option(
        N_("The clip skip"), _clip_skip_rule, lambda options: _("clip skip %(count)s", count=options.clip_skip), int
    ),
    "at": Option(
        N_("The time"),
        lambda subject, _limits: _("%(subject)s must be a number of seconds from 0 on, or left out.", subject=subject),
        lambda _options: "",
        float,
    ),
})  # fmt: skip
"""The words of each option, by its name."""

OF_EACH_STOP = tuple(name for name, option in OPTIONS.items() if option.each)
"""The options with a field of the form for each stop."""


def describe(options: StopOptions) -> list[str]:
    """Return what sentences say of the options that are set and seen: ``LoRA ink at 1.0``, ``clip skip 2``."""
    return [words for name in options.seen() if (words := OPTIONS[name].words(options))]
