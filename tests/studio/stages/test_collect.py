"""Collecting from folders, catalogues and museums: what is taken, what is set aside and why, what is tried again."""

import csv
import gzip
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import numpy as np
import pytest
from PIL import Image

from studio.collecting import museums, picture_intake
from studio.collecting.licences import objection
from studio.collecting.polite_client import Gone, Visitor, is_public
from studio.errors import FetchError, Refused, StudioError
from studio.workspace.work_folder import Folder, Record
from tests.support import asleep
from tests.support.museum import WORKS, Museum, jpeg, open_museum
from tests.support.pictures import MALFORMED, jpeg_turned
from tests.support.studio_fixtures import Run

# From the published file of The Museum of Modern Art's collection (CC0); the addresses of pictures are ours.
MOMA = (
    "Title,Artist,ConstituentID,ArtistBio,Nationality,BeginDate,EndDate,Gender,Date,Medium,Dimensions,CreditLine,"
    "AccessionNumber,Classification,Department,DateAcquired,Cataloged,ObjectID,URL,ImageURL,OnView\r\n"
    '"Ferdinandsbrücke Project, Vienna, Austria (Elevation, preliminary version)",Otto Wagner,6210,'
    '"(Austrian, 1841–1918)",(Austrian),(1841),(1918),(male),1896,Ink and cut-and-pasted painted pages on paper,'
    '"19 1/8 x 66 1/2""",Fractional and promised gift of Jo Carole and Ronald S. Lauder,885.1996,Architecture,'
    "Architecture & Design,1996-04-09,Y,2,,{host}/steady/2.jpg,\r\n"
    'The Starry Night,Vincent van Gogh,2206,"(Dutch, 1853–1890)",(Dutch),(1853),(1890),(male),June 1889,'
    'Oil on canvas,"29 x 36 1/4""",Acquired through the Lillie P. Bliss Bequest,472.1941,Painting,'
    'Painting & Sculpture,1941-09-30,Y,79802,,{host}/steady/79802.jpg,"MoMA, Floor 5, 501"\r\n'
    "Untitled,,,,,,,,n.d.,,,,1.1,Drawing,Drawings & Prints,,Y,3,,,\r\n"
)
# From the Tate's published collection data (repository tategallery/collection, CC0).
TATE = [
    {
        "id": "A00002", "title": "Two Drawings of Frightened Figures, Probably for ‘The Approach of Doom’",
        "artist": "Robert Blake", "year": None, "medium": "Graphite on paper", "classification": "on paper, unique",
        "subjects": ["comforting", "embracing", "fear", "figure", "group", "recoiling"],
    },
    {
        "id": "A00003", "title": "The Preaching of Warning. Verso: An Old Man Enthroned Between Two Groups of Figures, "
        "by ?William Blake", "artist": "Robert Blake", "year": 1785, "medium": "Graphite on paper",
        "classification": "on paper, unique", "subjects": ["arm/arms raised", "group", "man", "preaching", "standing"],
        "image": "scans/A00003.jpg",
    },
]  # fmt: skip


def wait_nowhere(waited: list[float]) -> Callable[[Visitor, float], None]:
    """Stand in for a visitor's waiting: note how long it would have been."""
    return lambda _visitor, seconds: waited.append(seconds)


@pytest.fixture
def museum(monkeypatch: pytest.MonkeyPatch) -> Iterator[Museum]:
    monkeypatch.setattr(Visitor, "sleep", wait_nowhere([]))
    with open_museum() as opened:
        yield opened


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


def records(work: Path) -> dict[str, Record]:
    return {record.title: record for record in Folder(work).catalogue()}


def aside(work: Path) -> dict[str, str]:
    return {Path(row["source"]).name: row["reason"] for row in Folder(work).rows("set-aside.jsonl")}


def save(path: Path, picture: Image.Image, **options: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **options)


def shaded(mode: str = "RGB", size: tuple[int, int] = (150, 200)) -> Image.Image:
    ramp = np.linspace(0, 255, size[0] * size[1]).reshape(size[1], size[0]).astype(np.uint8)
    return Image.fromarray(ramp).convert(mode)


@pytest.mark.slow
def test_pictures_of_every_making_are_taken_upright_in_rgb(run: Run, work: Path, tmp_path: Path) -> None:
    art = tmp_path / "art"
    save(art / "cmyk.jpg", Image.new("CMYK", (150, 200), (0, 255, 255, 0)))
    deep = (np.linspace(0, 65535, 150 * 200).reshape(200, 150)).astype(np.uint16)
    save(art / "deep.png", Image.fromarray(deep))
    frames = [Image.new("RGB", (150, 200), tone) for tone in ("red", "blue")]
    save(art / "moving.gif", frames[0], save_all=True, append_images=frames[1:])
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    save(art / "deep/down/turned.jpg", shaded(), exif=exif)
    save(art / "glass.png", Image.new("RGBA", (150, 200), (255, 0, 0, 0)))
    summary = run("collect", "--folder", work, "--from", art, "--licence", "CC0-1.0", "--attribution", "me")
    assert summary["taken"] == 5 and summary["set_aside"] == 0
    taken = records(work)
    pixels = {title: np.asarray(Image.open(work / record.file)) for title, record in taken.items()}
    assert all(values.dtype == np.uint8 and values.shape[2] == 3 for values in pixels.values())
    assert pixels["turned"].shape == (150, 200, 3) and (taken["turned"].width, taken["turned"].height) == (200, 150)
    assert pixels["cmyk"].mean((0, 1))[0] > 200 > 60 > pixels["cmyk"].mean((0, 1))[2]
    assert pixels["moving"].mean((0, 1)) == pytest.approx([254, 0, 0], abs=3)
    assert pixels["deep"][0].mean() < 5 and pixels["deep"][-1].mean() > 250
    assert pixels["glass"].min() > 250
    assert (
        taken["turned"].licence == "CC0-1.0" and taken["turned"].attribution == "me" and taken["turned"].kind == "work"
    )


def test_bad_pictures_are_set_aside(run: Run, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    art = tmp_path / "art"
    save(art / "good.jpg", shaded())
    shutil.copy(art / "good.jpg", art / "twin.jpg")
    (art / "empty.jpg").write_bytes(b"")
    (art / "text.jpg").write_text("no picture")
    (art / "half.jpg").write_bytes(jpeg(1)[:-3000])
    save(art / "tiny.png", shaded(size=(20, 300)))
    save(art / "bomb.png", Image.new("1", (3000, 3000)))
    monkeypatch.setattr(picture_intake, "MOST_PIXELS", 2000 * 2000)
    summary = run("collect", "--folder", work, "--from", art, "--licence", "CC0-1.0")
    assert (summary["taken"], summary["twice"]) == (1, 1)
    reasons = aside(work)
    assert reasons["empty.jpg"] == "empty: no bytes" and reasons["text.jpg"] == "no picture that can be read"
    assert reasons["half.jpg"].startswith("broken: ") and reasons["tiny.png"].startswith("tiny: 20 × 300")
    assert reasons["bomb.png"].startswith("a decompression bomb: 3000 × 3000")
    assert reasons["twin.jpg"].startswith("the same file as another: ")
    again = run("collect", "--folder", work, "--from", art, "--licence", "CC0-1.0")
    assert (again["taken"], again["had"], again["set_aside_before"]) == (0, 1, 6)


def test_pictures_without_a_licence_are_refused_unless_allowed(run: Run, work: Path, tmp_path: Path) -> None:
    save(tmp_path / "art/one.jpg", shaded())
    assert run("collect", "--folder", work, "--from", tmp_path / "art")["taken"] == 0
    assert aside(work) == {"one.jpg": "no licence is named"}
    assert run("collect", "--folder", work, "--from", tmp_path / "art", "--any-licence", "--again")["taken"] == 1
    assert aside(work) == {}


def test_pictures_in_a_bucket_are_read_from_there(run: Run, work: Path) -> None:
    bucket = fsspec.filesystem("memory")
    bucket.pipe_file("/studio-art/a.jpg", jpeg(1))
    bucket.pipe_file("/studio-art/notes.txt", b"not a picture")
    assert run("collect", "--folder", work, "--from", "memory://studio-art", "--licence", "CC0")["taken"] == 1
    assert records(work)["a"].source == "memory:///studio-art/a.jpg"


@pytest.mark.slow
def test_run_that_is_killed_goes_on_and_ends_with_the_same_catalogue(run: Run, work: Path, tmp_path: Path) -> None:
    art = tmp_path / "art"
    art.mkdir()
    for number in range(40):
        (art / f"{number:02}.jpg").write_bytes(jpeg(number, (800, 800)))
    words = ["--from", str(art), "--licence", "CC0"]
    run("collect", "--folder", tmp_path / "undisturbed", *words)
    command = [sys.executable, "-m", "studio", "collect", "--folder", str(work), *words]
    killed_at = 40
    while killed_at == 40:  # it was done before this test looked
        shutil.rmtree(work, ignore_errors=True)
        with subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and not (work / "catalogue.jsonl").exists():
                asleep.pause(0.005)
            process.kill()
        killed_at = len(list(Folder(work).catalogue()))
    summary = run("collect", "--folder", work, *words)
    assert summary["had"] == killed_at and summary["pictures"] == 40
    assert (work / "catalogue.jsonl").read_bytes() == (tmp_path / "undisturbed/catalogue.jsonl").read_bytes()
    assert {path.suffix for path in (work / "pictures").rglob("*") if path.is_file()} <= {".jpg", ".part"}


@pytest.mark.parametrize("words", [("--from", "/nonexistent/folder"), ("--from", "nosuch://bucket")])
def test_folder_that_is_empty_or_not_there_is_named(words: tuple[str, ...], run: Run, work: Path) -> None:
    assert words[1] in run("collect", "--folder", work, *words, ok=False)["error"]


def test_met_gives_what_is_free_and_the_rest_is_set_aside(run: Run, work: Path, museum: Museum) -> None:
    words = ("--museum", "met", "--query", "irises", "--api", museum.url, "--allow-host", museum.host, "--pause", 0)
    summary = run("collect", "--folder", work, *words)
    taken = records(work)
    assert sorted(taken) == ["Busy twice", "Half at first", "Irises", "Moved"]
    irises = taken["Irises"]
    assert (irises.artist, irises.date, irises.materials) == ("Vincent van Gogh", "1890", "Oil on canvas")
    assert irises.keywords == ["Flowers", "Still Life"] and irises.licence == "CC0-1.0" and irises.on_view == "825"
    assert irises.attribution.endswith("Gift of Adele R. Levy, 1958. The Metropolitan Museum of Art")
    reasons = aside(work)
    assert reasons["2.jpg"] == "no licence is named" and "answers 404" in reasons["7.jpg"]
    assert "the private address 169.254.169.254" in reasons["8.jpg"] and "robots.txt disallows it" in reasons["9.jpg"]
    assert reasons["6.jpg"].startswith("broken: ")
    assert summary["passed_over"] == 1 and summary["failed"] == 1 and summary["twice"] == 1
    assert museum.asked["/closed/9.jpg"] == 0 and museum.asked["/steady/2.jpg"] == 0
    assert museum.asked["/busy/4.jpg"] == 3 and museum.asked["/half/5.jpg"] == 2 and museum.asked["/down/12.jpg"] == 5
    assert museum.agents == {"moma-lisa-studio"}


def test_second_visit_asks_only_whether_documents_changed(run: Run, work: Path, museum: Museum) -> None:
    words = ("--museum", "met", "--query", "irises", "--api", museum.url, "--allow-host", museum.host, "--pause", 0)
    run("collect", "--folder", work, *words)
    before, catalogue = museum.asked.copy(), (work / "catalogue.jsonl").read_bytes()
    summary = run("collect", "--folder", work, *words)
    assert summary["taken"] == 0 and (work / "catalogue.jsonl").read_bytes() == catalogue
    assert museum.answered[304] == 1 + len(WORKS)
    assert museum.asked["/steady/1.jpg"] == before["/steady/1.jpg"] == 1
    assert museum.asked["/down/12.jpg"] == 10


def test_rijksmuseum_is_followed_from_work_to_picture(run: Run, work: Path, museum: Museum) -> None:
    words = ("--api", museum.url, "--allow-host", museum.host, "--pause", 0)
    summary = run("collect", "--folder", work, "--museum", "rijksmuseum", "--query", "type=painting", *words)
    milkmaid = records(work)["The Milkmaid"]
    assert (milkmaid.artist, milkmaid.date) == ("Johannes Vermeer", "c. 1660")
    assert milkmaid.materials == "canvas, oil paint" and milkmaid.licence.endswith("publicdomain/mark/1.0/")
    assert milkmaid.group == "painting" and summary["passed_over"] == 1


def test_server_at_a_private_address_is_not_visited(run: Run, work: Path, museum: Museum) -> None:
    answer = run("collect", "--folder", work, "--museum", "met", "--query", "x", "--api", museum.url, ok=False)
    assert "private address 127.0.0.1" in answer["error"] and not museum.asked


def test_momas_file_in_csv(run: Run, work: Path, tmp_path: Path, museum: Museum) -> None:
    (tmp_path / "Artworks.csv").write_text("\ufeff" + MOMA.replace("{host}", museum.url), "utf-8")
    words = ("--museum", "moma", "--allow-host", museum.host, "--pause", 0)
    refused = run("collect", "--folder", work, "--catalogue", tmp_path / "Artworks.csv", *words)
    assert (refused["taken"], refused["set_aside"], refused["passed_over"]) == (0, 2, 1)
    run("collect", "--folder", work, "--catalogue", tmp_path / "Artworks.csv", *words, "--licence", "CC0", "--again",
        "--on-view")  # fmt: skip
    night = records(work)["The Starry Night"]
    assert len(records(work)) == 1 and night.on_view == "MoMA, Floor 5, 501" and night.date == "June 1889"
    assert night.group == "Painting" and night.keywords == ["painting", "painting & sculpture"]
    assert "The Museum of Modern Art" in night.attribution and night.licence == "CC0"


def test_momas_file_in_json_names_several_artists(museum: Museum) -> None:
    rows = list(csv.DictReader(io.StringIO(MOMA, newline="")))
    listed = [row | {"Artist": [row["Artist"], "Another"]} for row in rows]
    read = list(museums.read_catalogue(json.dumps(listed).encode(), "Artworks.json"))
    made = museums.make_item(read[1], vendor="moma")
    assert made is not None and made.artist == "Vincent van Gogh, Another" and made.materials == "Oil on canvas"


def test_half_characters_in_a_catalogue_do_not_stop_the_run(run: Run, work: Path, tmp_path: Path) -> None:
    save(tmp_path / "1.jpg", shaded())
    row = {"title": "Blue \ud83d", "artist": ["\udc00"], "tags": ["\ud800 sea"], "licence": "CC0"}
    rows = [{"image": "gone\ud800.jpg", **row}, {"image": "1.jpg", **row}]
    (tmp_path / "works.json").write_text(json.dumps(rows))
    summary = run("collect", "--folder", work, "--catalogue", tmp_path / "works.json")
    assert (summary["taken"], summary["set_aside"]) == (1, 1)
    assert [(each.artist, each.keywords) for each in records(work).values()] == [("?", ["? sea"])]


def test_catalogue_with_pictures_beside_it(run: Run, work: Path, tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans/A00003.jpg").write_bytes(jpeg(3))
    rows = [*TATE, {"title": "Elsewhere", "image": "../secret.jpg"}, {"title": "Lost", "image": "scans/lost.jpg"}]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "tate.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    summary = run("collect", "--folder", work, "--catalogue", tmp_path / "tate.jsonl.gz", "--licence", "CC0")
    preaching = next(iter(records(work).values()))
    assert preaching.date == "1785" and preaching.keywords[-2:] == ["preaching", "standing"]
    assert preaching.source == f"{tmp_path}/scans/A00003.jpg"
    assert (summary["taken"], summary["passed_over"], summary["set_aside"]) == (1, 1, 2)
    assert "is not beside the catalogue" in aside(work)["secret.jpg"]


@pytest.mark.parametrize(("text", "says"), [
    ('[{"title": ', "is not JSON"), ('{"a": 1}\n{"b"\n', "line 2 is not JSON"), ("[1]", "entry 1 is not an object"),
    ('Title,Artist\n"unclosed', "unexpected end of data"),
])  # fmt: skip
def test_broken_catalogue_is_named(text: str, says: str) -> None:
    with pytest.raises(StudioError, match=says):
        list(museums.read_catalogue(text.encode(), "works"))


@pytest.mark.parametrize("licence", [
    "CC0-1.0", "CC0", "public domain", "Public Domain", "CC BY 4.0", "CC-BY-3.0", "MIT", "Apache-2.0",
    "MIT License", "Apache 2.0", "PDM 1.0", "CC0 (public domain)", "https://rightsstatements.org/vocab/NoC-US/1.0/",
    "https://creativecommons.org/publicdomain/zero/1.0/", "http://creativecommons.org/licenses/by/4.0/",
])  # fmt: skip
def test_open_licences_are_let_in(licence: str) -> None:
    assert objection(licence) == ""


@pytest.mark.parametrize(("licence", "says"), [
    ("", "no licence is named"), ("CC BY-NC 4.0", "commercial"), ("CC-BY-SA-4.0", "share alike"),
    ("CC BY-ND", "derived"),
    ("https://creativecommons.org/licenses/by-nc-sa/4.0/", "commercial"), ("© the artist", "not known"),
    ("All rights reserved", "not known"), ("Mit freundlicher Genehmigung der Erben", "not known"),
    ("PDF on request", "not known"),
])  # fmt: skip
def test_other_licences_are_not(licence: str, says: str) -> None:
    assert says in objection(licence)


@pytest.mark.parametrize("address", [
    "127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1",
    "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1", "100.64.0.1",
])  # fmt: skip
def test_private_addresses_in_all_disguises(address: str) -> None:
    assert not is_public(address)


def test_public_addresses_are_public() -> None:
    assert is_public("93.184.216.34") and is_public("2606:2800:220:1::1") and is_public("::ffff:93.184.216.34")


@pytest.mark.parametrize("url", [
    "file:///etc/passwd", "ftp://example.org/a", "http://", "http://[::1", "gopher://x", "http://a..b/1.jpg",
    f"http://{'a' * 70}.org/1.jpg",
])  # fmt: skip
def test_only_web_addresses_are_fetched(url: str) -> None:
    with pytest.raises(Gone):
        Visitor(pause=0).picture(url)


@pytest.mark.parametrize("where", ["http://[nowhere", "http://a..b/1.jpg", "https://", ""])
def test_redirect_to_no_address_is_one_picture_lost(museum: Museum, where: str) -> None:
    museum.moved = where
    with pytest.raises(FetchError):
        Visitor(pause=0, tries=1, allowed=[museum.host]).picture(f"{museum.url}/moved/10.jpg")


def test_addresses_are_asked_for_as_people_write_them(museum: Museum) -> None:
    visitor = Visitor(pause=0, allowed=[museum.host])
    assert visitor.picture(f"{museum.url}/steady/10.jpg?title=Dürer’s hare&size=full") == visitor.picture(
        f"{museum.url}/steady/10.jpg?title=D%C3%BCrer%E2%80%99s%20hare&size=full"
    )


def test_visitor_waits_as_long_as_it_is_asked_to(museum: Museum, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(Visitor, "sleep", wait_nowhere(waited))
    Visitor(pause=0, allowed=[museum.host]).picture(f"{museum.url}/busy/4.jpg")
    assert waited == [7.0, 2.0]


def test_visitor_pauses_between_requests_as_robots_ask(museum: Museum, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(Visitor, "sleep", wait_nowhere(waited))
    museum.robots = "User-agent: *\nCrawl-delay: 9\n"
    visitor = Visitor(pause=3, allowed=[museum.host])
    visitor.picture(f"{museum.url}/steady/1.jpg")
    visitor.picture(f"{museum.url}/steady/2.jpg")
    assert waited[0] == pytest.approx(3, abs=0.5) and 9 < waited[1] < 13


def test_float_picture_is_brought_to_eight_bit() -> None:
    written = io.BytesIO()
    Image.fromarray(np.linspace(-3, 5, 200 * 200, dtype=np.float32).reshape(200, 200)).save(written, "TIFF")
    flat = np.asarray(Image.open(io.BytesIO(picture_intake.prepare_picture(written.getvalue()).data)))
    assert flat[0].mean() < 5 and flat[-1].mean() > 250


@pytest.mark.parametrize("name", ["EPS", "PPM", "PCX", "SGI", "TGA", "ICO", "DDS"])
def test_formats_that_no_museum_serves_are_not_opened(name: str) -> None:
    written = io.BytesIO()
    shaded().save(written, name)
    with pytest.raises(Refused, match="no picture that can be read"):
        picture_intake.prepare_picture(written.getvalue())


@pytest.mark.parametrize("name", ["JPEG", "MPO", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "JPEG2000"])
def test_formats_that_museums_serve_are_opened(name: str) -> None:
    written = io.BytesIO()
    shaded().save(written, name)
    assert picture_intake.prepare_picture(written.getvalue()).width == 150


@pytest.mark.parametrize("name", MALFORMED)
def test_picture_with_a_malformed_exif_entry_is_taken_upright(name: str) -> None:
    taken = picture_intake.prepare_picture(jpeg_turned(MALFORMED[name]), smallest=16)
    assert (taken.width, taken.height) == (96, 64)


def test_large_picture_is_made_smaller_and_a_huge_one_refused() -> None:
    written = io.BytesIO()
    shaded(size=(3000, 300)).save(written, "PNG")
    assert picture_intake.prepare_picture(written.getvalue()).width == 2048
    huge = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x02\x00\x00\x00\x0f\xa6\xb9\x12"
    with pytest.raises(Refused):
        picture_intake.prepare_picture(huge)


def test_copies_are_rejected_when_asked_and_do_not_count_towards_the_limit(run: Run, tmp_path: Path) -> None:
    coarse = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((400, 300), Image.Resampling.BICUBIC)
    scans = tmp_path / "scans"
    scans.mkdir()
    for number in range(6):
        picture.save(scans / f"{number}.jpg", quality=95 - 5 * number)
    picture.rotate(180).save(scans / "z.png")
    Image.new("RGB", (30, 30)).save(scans / "a.png")
    words = ("--from", scans, "--licence", "CC0-1.0", "--no-copies", "--limit", 2, "--smallest", 256, "--again")
    summary = run("collect", "--folder", tmp_path / "work", *words)
    assert (summary["taken"], summary["twice"], summary["pictures"]) == (2, 5, 2)
    reasons = {
        row["source"].rpartition("/")[2]: row["reason"] for row in Folder(tmp_path / "work").rows("set-aside.jsonl")
    }
    assert reasons["a.png"] == "tiny: 30 × 30, the shorter side must have at least 256 pixels"
    assert {reasons[f"{number}.jpg"] for number in range(1, 6)} == {"a copy of 0.jpg"}
    again = run("collect", "--folder", tmp_path / "work", *words)
    assert (again["taken"], again["pictures"]) == (0, 2)
