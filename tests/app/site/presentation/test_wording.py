from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from app.core.i18n import formatting
from app.site.presentation import wording

TWO, THREE = ["a fox", "a sunflower"], ["a fox", "a sunflower", "the sun"]
WORDS = {
    "place in line, an ordinal": (
        wording.ordinal_position,
        {
            (1,): "First in line", (3,): "Third in line", (12,): "Twelfth in line", (13,): "13th in line",
            (21,): "21st in line",
        },
    ),
    "large ordinal, in figures": (
        formatting.ordinal, {(22,): "22nd", (33,): "33rd", (111,): "111th", (1002,): "1,002nd"},
    ),
    "time left, rounded up": (
        formatting.duration_about,
        {
            (0.2,): "about a second", (2.6,): "about 3 seconds", (20.3,): "about 20 seconds", (24,): "about 25 seconds",
            (58,): "about a minute", (170,): "about 3 minutes", (3600,): "about an hour", (9000,): "about 3 hours",
        },
    ),
    "measured time, not rounded away": (
        formatting.duration,
        {
            (1,): "1 second", (1.92,): "1.9 seconds", (8.0,): "8 seconds", (19.2,): "19 seconds",
            (125,): "2 minutes 5 seconds",
        },
    ),
    "estimate that never rises before a visitor who saw a lower one, whatever is forged": (
        wording.lowest,
        {(20.0, "12.5"): 12.5, (9.0, "12.5"): 9.0, (9.0, None): 9.0, (None, "3"): None}
        | {(20.0, seen): 20.0 for seen in ("", "-1", "nan", "inf", "1e9", "three", "٣")},
    ),
    "honest length of a film": (
        wording.length_in_words,
        {
            (24, 12.5, "stop"): "4 seconds, with a second’s rest at each end",
            (24, 12.5, "back"): "5.8 seconds, with a second’s rest at each end",
            (24, 12.5, "round"): "1.9 seconds",
            (240, 12.5, "stop"): "21 seconds, with a second’s rest at each end",
        },
    ),
    "decimal size of a file, never a thousand kilobytes": (
        formatting.file_size,
        {
            (1,): "1 byte", (712,): "712 bytes", (2_200,): "2 kB", (640_300,): "640 kB", (999_700,): "1.0 MB",
            (2_090_000,): "2.1 MB", (12e6,): "12 MB", (999_400_000,): "999 MB", (999_700_000,): "1.0 GB",
            (52e9,): "52 GB",
        },
    ),
    "waiting": (
        wording.waiting_words,
        {
            (0,): "No one is waiting.", (1,): "One walk is waiting.", (2,): "Two walks are waiting.",
            (1284,): "1,284 walks are waiting.",
        },
    ),
    "short name without the article": (
        wording.short_name,
        {("a fox",): "fox", ("The sun",): "sun", ("an owl",): "owl", ("a",): "a", ("another day",): "another day"},
    ),
    "type size of a longer prompt": (
        lambda length: wording.size_class("x" * length),
        {(0,): "len-s", (12,): "len-s", (13,): "len-m", (24,): "len-m", (25,): "len-l", (48,): "len-l", (49,): "len-xl",
         (300,): "len-xl"},
    ),
    "list that ends in and": (
        lambda *words: formatting.join_words(list(words)), {("a",): "a", ("a", "b", "c"): "a, b and c", (): ""},
    ),
    "blend of two neighbours": (
        lambda at: wording.blend(TWO, at),
        {
            (0.37,): "63\xa0% fox · 37\xa0% sunflower", (0,): "100\xa0% fox", (1,): "100\xa0% sunflower",
            (0.001,): "99\xa0% fox · 1\xa0% sunflower", (0.999,): "1\xa0% fox · 99\xa0% sunflower",
        },
    ),
    "blend in a longer walk": (
        lambda at: wording.blend(THREE, at),
        {(1.25,): "75\xa0% sunflower · 25\xa0% sun", (1,): "100\xa0% sunflower"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("say", "given", "text"),
    [
        pytest.param(say, given, text, id=f"{what}: {given}")
        for what, (say, texts) in WORDS.items()
        for given, text in texts.items()
    ],
)
def test_values_are_said_in_words(say, given, text):
    assert say(*given) == text


def test_time_left_never_shrinks_as_seconds_grow():
    def in_seconds(text):
        amount = text.replace("about ", "").replace("an ", "1 ").replace("a ", "1 ").split()
        return int(amount[0]) * {"s": 1, "m": 60, "h": 3600}[amount[1][0]]

    said = [in_seconds(formatting.duration_about(seconds)) for seconds in range(1, 8000)]
    assert said == sorted(said)


def walk(*prompts, width=128, height=128):
    return SimpleNamespace(stops=[SimpleNamespace(prompt=prompt) for prompt in prompts], width=width, height=height)


def test_films_of_one_shape_are_distinguished_from_mixed_ones():
    assert wording.same_shape([walk("a", "b"), walk("a", "b", width=512, height=512)])
    assert not wording.same_shape([walk("a", "b"), walk("a", "b", width=768, height=512)])
    assert wording.same_shape([])


def test_dates_and_samplers_have_names():
    assert formatting.day(datetime(2026, 11, 3, tzinfo=UTC)) == "3 November 2026"
    assert wording.solver_name("DDIMScheduler") == "DDIM"
    assert wording.solver_name("NewScheduler") == "New"
