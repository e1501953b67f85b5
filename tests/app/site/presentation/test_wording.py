from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from app.core.i18n import formatting
from app.site.presentation import wording


@pytest.mark.parametrize(
    ("position", "place"),
    [(1, "First in line"), (3, "Third in line"), (12, "Twelfth in line"), (13, "13th in line"), (21, "21st in line")],
)
def test_a_place_in_line_is_an_ordinal(position, place):
    assert wording.ordinal_place(position) == place


@pytest.mark.parametrize(("number", "ordinal"), [(22, "22nd"), (33, "33rd"), (111, "111th"), (1002, "1,002nd")])
def test_large_ordinals_are_written_in_figures(number, ordinal):
    assert formatting.ordinal(number) == ordinal


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "about a second"),
        (2.6, "about 3 seconds"),
        (20.3, "about 20 seconds"),
        (24, "about 25 seconds"),
        (58, "about a minute"),
        (170, "about 3 minutes"),
        (3600, "about an hour"),
        (9000, "about 3 hours"),
    ],
)
def test_time_left_is_an_estimate_rounded_up(seconds, text):
    assert formatting.duration_about(seconds) == text


def test_time_left_never_shrinks_as_seconds_grow():
    def in_seconds(text):
        amount = text.replace("about ", "").replace("an ", "1 ").replace("a ", "1 ").split()
        return int(amount[0]) * {"s": 1, "m": 60, "h": 3600}[amount[1][0]]

    said = [in_seconds(formatting.duration_about(seconds)) for seconds in range(1, 8000)]
    assert said == sorted(said)


@pytest.mark.parametrize(("seconds", "seen", "shown"), [(20.0, "12.5", 12.5), (9.0, "12.5", 9.0), (9.0, None, 9.0)])
def test_an_estimate_never_rises_before_a_visitor_who_saw_a_lower_one(seconds, seen, shown):
    assert wording.lowest(seconds, seen) == shown


@pytest.mark.parametrize("seen", ["", "-1", "nan", "inf", "1e9", "three", "٣"])
def test_a_forged_estimate_is_ignored(seen):
    assert wording.lowest(20.0, seen) == 20.0


def test_no_estimate_stays_none():
    assert wording.lowest(None, "3") is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "1 second"), (1.92, "1.9 seconds"), (8.0, "8 seconds"), (19.2, "19 seconds"), (125, "2 minutes 5 seconds")],
)
def test_measured_times_are_not_rounded_away(seconds, text):
    assert formatting.duration(seconds) == text


def test_film_length_is_honest():
    assert wording.length_in_words(24, 12.5, "stop") == "4 seconds, with a second’s rest at each end"
    assert wording.length_in_words(24, 12.5, "back") == "5.8 seconds, with a second’s rest at each end"
    assert wording.length_in_words(24, 12.5, "round") == "1.9 seconds"
    assert wording.length_in_words(240, 12.5, "stop") == "21 seconds, with a second’s rest at each end"


@pytest.mark.parametrize(
    ("size", "text"),
    [(1, "1 byte"), (712, "712 bytes"), (2_200, "2 kB"), (640_300, "640 kB"), (2_090_000, "2.1 MB"), (12e6, "12 MB")],
)
def test_file_sizes_are_decimal(size, text):
    assert formatting.file_size(size) == text


def test_a_megabyte_is_never_a_thousand_kilobytes():
    assert formatting.file_size(999_700) == "1.0 MB"
    assert [formatting.file_size(size) for size in (999_400_000, 999_700_000, 52e9)] == ["999 MB", "1.0 GB", "52 GB"]


def test_waiting_is_said_in_a_sentence():
    assert wording.waiting_words(0) == "No one is waiting."
    assert wording.waiting_words(1) == "One walk is waiting."
    assert wording.waiting_words(2) == "Two walks are waiting."
    assert wording.waiting_words(1284) == "1,284 walks are waiting."


@pytest.mark.parametrize(
    ("prompt", "name"),
    [("a fox", "fox"), ("The sun", "sun"), ("an owl", "owl"), ("a", "a"), ("another day", "another day")],
)
def test_short_names_drop_the_article_only(prompt, name):
    assert wording.short_name(prompt) == name


def test_a_blend_names_its_two_neighbours():
    assert wording.blend(["a fox", "a sunflower"], 0.37) == "63\xa0% fox · 37\xa0% sunflower"
    assert wording.blend(["a fox", "a sunflower", "the sun"], 1.25) == "75\xa0% sunflower · 25\xa0% sun"


def test_a_blend_at_a_stop_is_the_stop_alone():
    assert wording.blend(["a fox", "a sunflower"], 0) == "100\xa0% fox"
    assert wording.blend(["a fox", "a sunflower"], 1) == "100\xa0% sunflower"
    assert wording.blend(["a fox", "a sunflower", "the sun"], 1) == "100\xa0% sunflower"


def test_a_blend_between_stops_never_claims_to_be_a_stop():
    assert wording.blend(["a fox", "a sunflower"], 0.001) == "99\xa0% fox · 1\xa0% sunflower"
    assert wording.blend(["a fox", "a sunflower"], 0.999) == "1\xa0% fox · 99\xa0% sunflower"


def test_longer_prompts_are_set_in_smaller_type():
    steps = [wording.size_class("x" * length) for length in (0, 12, 13, 24, 25, 48, 49, 300)]
    assert steps == ["len-s", "len-s", "len-m", "len-m", "len-l", "len-l", "len-xl", "len-xl"]


def test_lists_end_in_and():
    assert formatting.join_words(["a"]) == "a"
    assert formatting.join_words(["a", "b", "c"]) == "a, b and c"
    assert formatting.join_words([]) == ""


def walk(*prompts, width=128, height=128):
    return SimpleNamespace(stops=[SimpleNamespace(prompt=prompt) for prompt in prompts], width=width, height=height)


def test_films_of_one_shape_are_told_from_mixed_ones():
    assert wording.same_shape([walk("a", "b"), walk("a", "b", width=512, height=512)])
    assert not wording.same_shape([walk("a", "b"), walk("a", "b", width=768, height=512)])
    assert wording.same_shape([])


def test_dates_and_samplers_have_names():
    assert formatting.day(datetime(2026, 11, 3, tzinfo=UTC)) == "3 November 2026"
    assert wording.solver_name("DDIMScheduler") == "DDIM"
    assert wording.solver_name("NewScheduler") == "New"
