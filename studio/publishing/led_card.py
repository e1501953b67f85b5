"""Sections of the model card that only sketch-conditioned models have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sketch import sketchbook
from studio.judging import accuracy, led_exam
from studio.publishing.led_model import ABOUT_LEXICON, LEXICON, Leading, count_credits
from studio.styles.registry import HANDS

USE = """\
## Use
```
MOMA_MODEL=FOLDER make run
```
It is led by *sketches*: the site reads a prompt into a scene of drawings and draws it small, and the UNet is shown that
sketch beside the noise. Reader and sketches are this project's (`app/reading`, `sketch/`); diffusers' plain pipeline
loads the folder, and cannot paint with it. A sketch is 4 × {side} × {side}: red, green, blue, and the signed distance
to the nearest outline of a thing, of 64 pixels of the picture at most, all within −1…1, or zeros where there is none.
Folded to the side of the latents by `pixel_unshuffle`, it follows them."""


def use(leading: Leading) -> str:
    """Return the section on use."""
    return USE.format(side=leading.side)


def data(leading: Leading) -> str:
    """Return the section on the drawings and on the training pictures."""
    learned, count = leading.learned, leading.learned["pictures"]
    names = len({drawing.name for drawing in leading.drawings})
    rows = [(artist, f"{number:,}", of, home) for (artist, of, home), number in count_credits(leading.drawings)]
    lines = [
        f"It is led by {len(leading.drawings):,} drawings of {names:,} names. They lie beside the weights in "
        f"`{sketchbook.FILE}`, as SVG, each with its artist, licence and source.",
        "",
        "| drawn by | drawings | licence | from |\n| --- | --- | --- | --- |",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]
    if leading.of_pictures:
        reminders = learned.get("reminders", 0)
        distinct, encoded = learned.get("distinct", count), count - reminders
        lines.append(
            f"It learned from {distinct:,} pictures with captions, encoded {encoded:,} times: whole and in pieces, "
            "each time after another sketch made of the picture itself."
        )
        if reminders:
            lines.append(
                f"Beside them, {reminders:,} scenes of the drawings by the hands of before reminded it of these."
            )
    elif count:
        lines.append(
            f"It learned from {count:,} pictures: scenes of those drawings by dice, painted by the programs of "
            f"{len(learned['hands'])} hands, {learned['mixed']:.0%} of them between two scenes, each with its sketch."
        )
    if leading.lexicon:
        about = f" [{ABOUT_LEXICON}]({ABOUT_LEXICON}) names its sources."
        about = about if leading.lexicon.with_name(ABOUT_LEXICON).exists() else ""
        lines.append(f"By which words the site's reader finds a drawing stands in `{LEXICON}`.{about}")
    return "\n".join(lines)


HANDS_HEAD = (
    "Each hand, beside what its own program painted of the same scenes: how often the eye tells the hand, and its "
    "subject among five; and how sharp the pictures are (variance of the Laplacian, the program's being 1), beside "
    "what encoding and decoding leaves of the program's."
)


def figures(scores: dict[str, Any]) -> list[tuple[str, str]]:
    """Return rows (what, share) on how well the model follows its sketches."""
    rows = [
        (
            f"plain names, {name}, as the hands' own programs paint them",
            accuracy.format_share(scores["plain_by_program"][key]),
        )
        for name, key in (("first of all", "top1"), ("among five", "top5"))
    ]
    for asks, what in (
        (led_exam.TWO, "each of two things, where it stands, among five"),
        (led_exam.NUMBER, "each of two to five of a kind, where it stands, among five"),
        (led_exam.COLOUR, "a thing's colour is the one asked for"),
    ):
        if asks in scores:
            rows += [
                (what, accuracy.format_share(scores[asks]["painted"])),
                (f"{what}: the programs", accuracy.format_share(scores[asks]["by_program"])),
            ]
    if "told_by_program" in scores:
        rows.insert(
            0,
            ("named hand told, where the hands' own programs paint", accuracy.format_share(scores["told_by_program"])),
        )
    if "sharpness" in scores:
        rows.append(("sharpness, over the hands", f"{scores['sharpness']['painted']:.2f}"))
        rows.append(("sharpness that the decoder leaves", f"{scores['sharpness']['decoded']:.2f}"))
    return rows


def hands_table(by_hand: dict[str, dict[str, Any]]) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Return the head and the rows of the table of styles."""
    head = ("hand", "of", "hand told", "its program's", "subject", "its program's", "sharpness", "decoder's")
    rows = [
        (
            HANDS[hand].words,
            str(row["of"]),
            f"{row['told']:.0%}",
            f"{row['told_by_program']:.0%}",
            f"{row['concept_top5']:.0%}",
            f"{row['concept_top5_by_program']:.0%}",
            f"{row['painted']:.2f}",
            f"{row['decoded']:.2f}",
        )
        for hand, row in by_hand.items()
    ]
    return head, list(rows)


def limits(scores: dict[str, Any]) -> list[str]:
    """Return lines on what the model's pictures show less clearly than the rendering programs'."""
    lines = []
    if scores["lost"]:
        names = ", ".join(scores["lost"][:12])
        lines.append(
            f"- The eye names {len(scores['lost']):,} concepts where their hands' programs paint them and not here, "
            f"among five: {names}{' …' * (len(scores['lost']) > 12)}."
        )
    weak = [
        HANDS[hand].words
        for hand, row in scores.get("by_hand", {}).items()
        if row["told"] < row["told_by_program"] - LESS
    ]
    if weak:
        lines.append(f"- Hands that the eye tells less often than where their own programs paint: {', '.join(weak)}.")
    return lines


LESS = 0.1
"""Difference in style accuracy from which on a style counts as a limit."""

LIMITS = (
    "- What no drawing shows is left to the words, of which it learned little: a sketch says what is where.\n"
    "- What the reader misunderstands is painted as it was misunderstood. It reads English and German, "
    "and names in more languages."
)
