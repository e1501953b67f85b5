"""English sentences that come from elsewhere: from a model's folder, a worker, the operating system, the audit log.

A page says those that are listed here in its language, and all others as they are. Nothing else is looked up, so that
what visitors write is never taken for a sentence of ours.
"""

from __future__ import annotations

import re

from app.i18n.gettext import N_, _

MODELS = (
    N_("House model"),
    N_("batik"),
    N_("chalk pastel"),
    N_("charcoal"),
    N_("colour field"),
    N_("colour patchwork"),
    N_("coloured squares"),
    N_("constructivist poster"),
    N_("cubist"),
    N_("cut paper"),
    N_("cyanotype"),
    N_("De Stijl"),
    N_("discs of colour"),
    N_("etching"),
    N_("ink wash"),
    N_("layered paper"),
    N_("linocut"),
    N_("low poly"),
    N_("mosaic"),
    N_("neon"),
    N_("oil painting"),
    N_("op art dots"),
    N_("op art lines"),
    N_("op art, dots"),
    N_("op art, lines"),
    N_("paper cut-out"),
    N_("planes of primary colour"),
    N_("pointillist"),
    N_("pop art"),
    N_("poster"),
    N_("primary-colour grid"),
    N_("printed textile"),
    N_("risograph"),
    N_("scratchboard"),
    N_("stained glass"),
    N_("swirling brushstrokes"),
    N_("tapestry"),
    N_("de Stijl"),
    N_("gouache"),
    N_("watercolour"),
    N_("woodcut"),
    N_(
        "The pictures are free to use, also commercially, and nobody here claims rights in them. The model learned "
        "from emoji drawings by Google (Apache-2.0), Twitter and EmojiOne (CC BY 4.0) and Microsoft (MIT). Where a "
        "picture stays close to one of those drawings, credit its makers, as CC BY 4.0 asks; every source is named "
        "below."
    ),
    N_(
        "The pictures are free to use, also commercially, and nobody here claims rights in them. The model is led by, "
        "and learned from, drawings by Google LLC (Apache-2.0) and Twitter, Inc. and other contributors (CC-BY-4.0). "
        "Where a picture stays close to one of those drawings, credit its makers."
    ),
    N_(
        "The pictures are free to use, also commercially, and nobody here claims rights in them. The model is led by "
        "drawings by Google LLC (Apache-2.0), Twitter, Inc. and other contributors (CC-BY-4.0) and Microsoft "
        "Corporation (MIT), and learned from those of the first two. Where a picture stays close to one of those "
        "drawings, credit its makers."
    ),
    N_(
        "The pictures are free to use, also commercially, and nobody here claims rights in them. The model is led by, "
        "and learned from, drawings by Google LLC (Apache-2.0), Twitter, Inc. and other contributors (CC-BY-4.0) and "
        "Microsoft Corporation (MIT). Where a picture stays close to one of those drawings, credit its makers."
    ),
    N_("drawings, © Microsoft Corporation; redrawn without filters; nothing was learned from them"),
    N_("drawings, © Microsoft Corporation; redrawn without filters, rendered and repainted by our programs"),
    N_("drawings, © Google LLC; rendered and repainted by our programs"),
    N_("drawings, © Twitter, Inc. and other contributors; rendered and repainted by our programs"),
    N_("drawings, © EmojiOne (now JoyPixels); rendered"),
    N_("drawings in two styles, © Microsoft Corporation"),
    N_("the collections that the drawings were taken from"),
    N_("text encoder and tokenizer, by the Sentence Transformers team; in half precision, otherwise unchanged"),
    N_("names of the concepts, © Unicode, Inc."),
    N_("the list of names, by Mu-An Chiou"),
    N_("keywords for the captions, by Mu-An Chiou"),
    N_("keywords for the captions, by Miles Johnson"),
    N_("each set keeps its own"),
)
"""What the house model says of itself in ``house.json``; hands by their words, and by what people call them."""

STYLES = (
    N_("comics, film stars and supermarkets"),
    N_("leaves, dancers and greeting cards"),
    N_("posters, magazines and concerts"),
    N_("saints, kings and cathedrals"),
    N_("antiquity, fountains and palaces"),
    N_("guitars, cafés and broken faces"),
    N_("crystals, ice and computer games"),
    N_("sunny afternoons, harbours and meadows"),
    N_("portraits, still lifes and storms at sea"),
    N_("starry nights, wind and unrest"),
    N_("dancers, children and soft light"),
    N_("fairy tales, the Middle Ages and rough coasts"),
    N_("studies, old faces and smoke"),
    N_("cities at night, music and all that glows"),
    N_("gardens, journeys and pale skies"),
    N_("mountains, mist and bamboo"),
    N_("plans, plants and science"),
    N_("silence, horizons and moods"),
    N_("music, wheels and joy"),
    N_("machines, speed and revolution"),
    N_("calm order, houses and city plans"),
    N_("music, gardens and patchwork"),
    N_("birds, workers and bold shapes"),
    N_("waves, music and dizzying shapes"),
    N_("planets, balls and all that is round"),
    N_("night animals, fur and moonlight"),
    N_("old towns, ruins and windmills"),
    N_("fruit, flowers and summer dresses"),
    N_("tropical birds, fish and flowers"),
    N_("unicorns, gardens and hunts"),
    N_("mountains, caves and deep seas"),
    N_("posters of the fifties, kitchens and stage sets"),
    N_("a hamburger"),
    N_("a butterfly"),
    N_("a rocket"),
    N_("a dove"),
    N_("a tropical fish"),
    N_("a castle"),
    N_("a teapot"),
    N_("a fox"),
    N_("a sailboat"),
    N_("a red apple"),
    N_("a sunflower"),
    N_("a rabbit"),
    N_("an owl"),
    N_("a horse"),
    N_("a jellyfish"),
    N_("a cherry blossom"),
    N_("a panda"),
    N_("a fern"),
    N_("the sun"),
    N_("a balloon"),
    N_("a train"),
    N_("a fish"),
    N_("a rooster"),
    N_("a zebra"),
    N_("a ball"),
    N_("a cat"),
    N_("a lemon"),
    N_("a parrot"),
    N_("a unicorn"),
    N_("a whale"),
)
"""What suits each hand and what its picture shows, in ``models/styles/hands.json``."""

EXHIBITION = (
    N_("The first exhibition"),
    N_("The walks with which this house opened. Nobody had asked for anything yet, so the house did."),
    N_("Prompts, seeds and hands were chosen by looking at contact sheets. Walk on from any of them."),
)

LOG = (
    N_("The curator"),
    N_("The command line"),
    N_("signed in"),
    N_("signed out"),
    N_("sign-in"),
    N_("hid walk"),
    N_("unhid walk"),
    N_("featured walk"),
    N_("unfeatured walk"),
    N_("deleted walk"),
    N_("left walk as it is"),
    N_("made exhibition"),
    N_("changed exhibition"),
    N_("removed exhibition"),
    N_("banned word"),
    N_("lifted word"),
    N_("added drawing"),
    N_("allowed word"),
    N_("took back word"),
    N_("changed drawing"),
    N_("removed drawing"),
    N_("brought back drawing"),
    N_("took in drawing"),
    N_("took in archive"),
    N_("hung the first exhibition"),
    N_("took down the first exhibition"),
    N_("cancelled walk"),
    N_("put walk back in line"),
    N_("opened wall"),
    N_("changed wall"),
    N_("paused wall"),
    N_("closed wall"),
    N_("skipped words"),
    N_("skipped leg"),
    N_("created token"),
    N_("revoked token"),
)

SYSTEM = (
    N_("Input/output error"),
    N_("No space left on device"),
    N_("Permission denied"),
    N_("Read-only file system"),
)
"""What a disk says through the operating system."""

TASKS = (N_("inpainting"), N_("changing pictures"), N_("pictures that another picture guides"))
"""What models are for that are not painted with."""

PICTURES = (N_("The pictures could not be stored."), N_("The picture can no longer be read."))

KNOWN = frozenset((*MODELS, *TASKS, *STYLES, *EXHIBITION, *LOG, *SYSTEM, *PICTURES))
PATTERNS = (
    N_("Stop %(number)s came out unfit to be shown, from each seed that was tried. Other words may mend it."),
    N_("What lies between stops %(one)s and %(other)s came out unfit to be shown. Other words may mend it."),
    N_("The painting was interrupted %(count)s times."),
    N_("The pictures could not be stored: %(reason)s."),
    N_("The model %(model)s painted no picture: its numbers overflow."),
    N_("The model %(model)s is not offered here; offered: %(others)s."),
    N_("The model %(name)s is not offered here; this is: %(other)s."),
    N_("The model %(name)s is not offered here; these are: %(others)s."),
    N_("The recipe was painted by %(model)s %(revision)s; this site paints with %(ours)s."),
    N_("The recipe was painted by %(model)s %(revision)s. %(why)s"),
    N_("The recipe asks for pictures of %(asked)s pixels; this site paints %(ours)s."),
    N_("The %(scheduler)s knows no flow; with this model paint %(others)s."),
    N_("The %(scheduler)s takes no %(steps)s steps with this model."),
    N_("The %(scheduler)s knows no zero terminal SNR; with this model paint %(others)s."),
    N_("The %(scheduler)s takes no network that predicts pictures; with this model paint %(others)s."),
    N_("Unknown %(what)s %(name)s; known are %(known)s."),
    N_("The model %(path)s is of the kind %(name)s; this program paints with %(others)s."),
    N_("The model %(path)s is of the kind %(name)s, which is made for %(task)s, not for painting from words."),
    N_("The model %(path)s has no %(part)s, which %(name)s needs."),
    N_("%(path)s is of the class %(name)s; this program paints with %(others)s."),
    N_("The model %(path)s is %(name)s; this program paints with %(others)s."),
    N_("The model folder %(path)s is missing."),
    N_("The model file %(path)s is missing."),
    N_("The model file %(path)s is broken: %(reason)s."),
    N_("Model folder missing: %(path)s."),
    N_("Model file missing: %(path)s."),
    N_("Model file broken: %(path)s: %(reason)s."),
    N_("Model folder %(path)s cannot be loaded: %(reason)s."),
    N_("%(error)s while painting."),
    N_("The drawing %(digest)s, which the walk is to be painted after, is not here."),
    N_("The photo of stop %(number)s is lost."),
    N_("The style %(style)s, in which it was to be painted, was removed here or learned anew since."),
    N_("The LoRA %(lora)s, with which it was to be painted, was removed here or replaced since."),
    N_("The embedding %(name)s, with which it was to be painted, was removed here or replaced since."),
    N_("The adapter %(name)s is missing."),
    N_("The adapter %(name)s is broken, or another than was asked for."),
    N_("The adapter %(name)s does not fit the model: %(reason)s."),
)
"""What a worker says of a walk that failed, with what varies: it is stored as text (decision 73)."""


def translate_foreign(text: str | None) -> str:
    """Say a sentence that came from elsewhere in the page's language, if it is a known one; else as it is."""
    if not text:
        return ""
    if text in KNOWN:
        return _(text)
    for sentence, pattern in COMPILED:
        if found := pattern.fullmatch(text):
            return _(sentence, **{name: translate_foreign(part) for name, part in found.groupdict().items()})
    return text


def _compiled(sentence: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+)", re.escape(sentence)), re.DOTALL)


COMPILED = [(sentence, _compiled(sentence)) for sentence in PATTERNS]
