"""The model that a walk is rendered by if it names none: the one that has the styles of its stops."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.collection.styles import added, mentioned, shipped
from app.collection.styles import style as styles
from app.collection.styles.added import AddedStyle
from app.core.errors import FieldError, InvalidInput
from app.core.i18n.formatting import join_words
from app.core.i18n.gettext import _
from app.offer.generation import offers
from app.offer.generation.offers import Offer, Offers

Wanted = dict[int, AddedStyle | str]
"""The style that each stop requests, by its index: one that a model learned here, or else its text."""


class Choice(NamedTuple):
    """The model that the styles of some stops call for, ``None`` for the site's first; or why no model has them all."""

    model: str | None
    error: FieldError | None


def choose(stops: Any, known: Offers) -> Choice:
    """Choose the first model on offer that has all styles of some requested stops.

    It is the site's first if that has them, if no model has all of them, or if none of them was added here.
    """
    wanted = _wanted(stops, _mentioned(stops))
    return Choice(_first_with(wanted, known), _conflict(stops, wanted))


def is_unnamed(model: str | None) -> bool:
    """Return whether a form names no model: it has none, or the site's first, which is chosen by default."""
    known = offers.current()
    return known.find(model or None) == known.first


def _first_with(wanted: Wanted, known: Offers) -> str | None:
    learned = [style for style in wanted.values() if isinstance(style, AddedStyle)]
    if not learned:
        return None
    for number, model in enumerate(known):
        has_learned = all(model.name in style.models for style in learned)
        if has_learned and _knows(model, [text for text in wanted.values() if isinstance(text, str)]):
            return model.name if number else None
    return None


def _conflict(stops: Any, wanted: Wanted) -> FieldError | None:
    """Return an error for the first stop whose style no model has that has that of a stop before; ``None`` for none."""
    before: list[AddedStyle] = []
    for index, style in wanted.items():
        if not isinstance(style, AddedStyle):
            continue
        earlier = next((each for each in before if not set(each.models) & set(style.models)), None)
        if earlier is not None:
            message = _(
                "No model has both the style of stop %(number)s, %(style)s (%(models)s), and %(other)s (%(others)s)."
                " Ask for one of the two.",
                number=index + 1,
                style=style.title,
                models=join_words(style.models),
                other=earlier.title,
                others=join_words(earlier.models),
            )
            return FieldError(("stops", index, _field(stops[index])), message)
        before.append(style)
    return None


def refusal(text: str, offer: Offer) -> str:
    """Return why a model has no style of this name that other models learned; "" for other names."""
    style = added.find(text)
    others = style.models if style else []
    if style is None or not others or offer.name in others:
        return ""
    return _(
        "cannot be “%(style)s”: the model %(model)s has not learned it. These have: %(models)s. Choose one of them as"
        " the walk's model, or none.",
        style=style.title,
        model=offer.name,
        models=join_words(others),
    )


def follow(data: Any, known: Offers) -> Any:
    """Return a request for a walk with the model that the styles of its stops call for, if it names no model.

    A stop whose prompt names a style that its model learned as an adapter names it as its style as well.

    :raises InvalidInput: when it names no model, and no model has the styles of all stops.
    """
    if not isinstance(data, dict) or data.get("continues") is not None:
        return data
    stops = data.get("stops")
    mentions = _mentioned(stops)
    if data.get("model") is None:
        wanted = _wanted(stops, mentions)
        if error := _conflict(stops, wanted):
            raise InvalidInput([error])
        if chosen := _first_with(wanted, known):
            data = data | {"model": chosen}
    if any(mentions):
        model = data.get("model")
        offer = known.find(model) if model is None or isinstance(model, str) else None
        if offer is not None and not offer.facts.has_sketches:
            pairs = zip(stops or (), mentions, strict=True)
            data = data | {"stops": [_with_adapter(stop, style, offer) for stop, style in pairs]}
    return data


def follow_stop(data: Any, known: Offers) -> Any:
    """Return a request for candidates of one stop with the model that its style calls for, as :func:`follow` does."""
    if not isinstance(data, dict) or not isinstance(data.get("stop"), dict):
        return data
    followed = follow(
        {name: value for name, value in data.items() if name != "stop"} | {"stops": [data["stop"]]}, known
    )
    return {name: value for name, value in followed.items() if name != "stops"} | {"stop": followed["stops"][0]}


def _mentioned(stops: Any) -> list[AddedStyle | None]:
    """Return the added style that the prompt of each stop names; ``None`` if the stop has a style of its own."""
    listed = stops if isinstance(stops, list) else []
    return mentioned.find_all(["" if _text(stop) else _prompt(stop) for stop in listed])


def _wanted(stops: Any, mentions: Sequence[AddedStyle | None]) -> Wanted:
    """Return the style that each stop names, by its index: one that a model learned here, or else its text."""
    found: Wanted = {}
    for index, mention in enumerate(mentions):
        text = _text(stops[index])
        style = added.find(text) if text else mention
        if style is not None and style.models:
            found[index] = style
        elif text and style is None:
            found[index] = text
    return found


def _with_adapter(stop: Any, style: AddedStyle | None, offer: Offer) -> Any:
    """Return a stop with the style that its prompt names as its ``hand``, if its model learned that as an adapter."""
    return stop | {"hand": style.words} if style is not None and offer.name in style.models else stop


def _knows(offer: Offer, texts: Sequence[str]) -> bool:
    known = shipped.of_model(offer)
    return all(styles.find(text, known) is not None for text in texts)


def _text(stop: Any) -> str:
    """Return the style that a stop requests by a field of its own, ``""`` if none."""
    texts = (stop.get("style"), stop.get("hand")) if isinstance(stop, dict) else ()
    return next((text for text in texts if isinstance(text, str) and text.strip()), "")


def _field(stop: dict[str, Any]) -> str:
    return next((name for name in ("style", "hand") if stop.get(name)), "prompt")


def _prompt(stop: Any) -> str:
    text = stop.get("prompt") if isinstance(stop, dict) else None
    return text if isinstance(text, str) else ""
