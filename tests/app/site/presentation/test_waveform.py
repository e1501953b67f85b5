from dataclasses import replace

import pytest
from defusedxml import ElementTree

from app.site.presentation import waveform
from app.walks.uploads.sound_analysis import SoundAnalysis

HEARD = SoundAnalysis(
    version=1, seconds=10.0, tempo=60.0, beats=(0.5, 1.5, 2.504), downbeats=(0.5,), onsets=(0.5,), strengths=(1.0,),
    step=0.1, loudness=(0.1,), peaks=(0.0, 0.5, 1.0, 0.25),
)  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"


pytestmark = pytest.mark.usefixtures("in_request")


def test_svg_has_a_bar_for_each_peak_and_a_mark_for_each_beat() -> None:
    drawn = ElementTree.fromstring(waveform.svg(HEARD, "song.mp3"))
    peaks, beats, downbeats = (path.get("d", "") for path in drawn.iter(f"{SVG}path"))
    assert peaks.count("M") == 4 and "M625.0 0.0v120.0" in peaks
    assert beats == "M50.0 120v-12M150.0 120v-12M250.4 120v-12" and downbeats == "M50.0 120v-24"


def test_svg_of_a_part_begins_with_its_first_second() -> None:
    drawn = ElementTree.fromstring(waveform.svg(HEARD, "song.mp3", 1.0, 4.0))
    peaks, beats, downbeats = (path.get("d", "") for path in drawn.iter(f"{SVG}path"))
    assert peaks.startswith("M62.5 ") and peaks.count("M") == 2
    assert beats == "M125.0 120v-12M376.0 120v-12" and downbeats == ""


def test_svg_is_an_image_with_a_label_and_nothing_inline() -> None:
    drawn = ElementTree.fromstring(waveform.svg(HEARD, "song.mp3"))
    assert drawn.get("role") == "img"
    assert drawn.get("aria-label") == "Waveform of song.mp3: 10 seconds, 3 beats, 60 a minute."
    assert not any({"style", "fill", "onload"} & set(each.attrib) for each in drawn.iter())


def test_name_is_escaped() -> None:
    drawn = waveform.svg(HEARD, '"><script>alert(1)</script>')
    assert "<script>" not in drawn
    assert '"><script>' in str(ElementTree.fromstring(drawn).get("aria-label"))


def test_sound_without_beats_says_so() -> None:
    assert waveform.summary(replace(HEARD, tempo=None, beats=())) == "10 seconds, without a beat that repeats."
