"""Drawings that anybody may have written: refused by name, or drawn without reading anything outside."""

import io
import resource
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sketch import parts, svg
from sketch.sketchbook import render_svg
from sketch.svg import SketchbookError
from tests.support.drawings import HEAD, SHAPES
from tests.support.drawings import svg as written
from tests.support.loaded_modules import modules_after
from tests.support.raising import raising

LAUGHS = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
ENTITIES = f'<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">{LAUGHS}]>'
SQUARE = '<rect width="16" height="32" fill="#d02020"/>'
REPEATED = '<rect id="r0"/>' + "".join(
    f'<g id="r{n + 1}">' + f'<use xlink:href="#r{n}"/>' * 10 + "</g>" for n in range(6)
)


@pytest.mark.parametrize(
    ("drawing", "says"),
    [
        ("", "no element found"), (" ", "no element found"), ("hello", "syntax error"), ("\ud800", "cannot be read"),
        ("<html><body/></html>", "no SVG: it begins with 'html'"), (f"{HEAD}<rect", "cannot be read"),
        (f"{HEAD}\0</svg>", "cannot be read"), (f"{HEAD}</g></svg>", "cannot be read"),
        (f"{ENTITIES}{written('<g>&j;</g>')}", "EntitiesForbidden"),
        (f'<!DOCTYPE svg [<!ENTITY f SYSTEM "file:///etc/passwd">]>{written("<g>&f;</g>")}', "EntitiesForbidden"),
        (f'<!DOCTYPE svg [<!ENTITY f "red">]>{written("<g>&f;</g>")}', "EntitiesForbidden"),
        (written(f"<!--{' ' * svg.BYTES}-->{SQUARE}"), f"bytes, at most {svg.BYTES}"),
        (written("<g/>" * svg.ELEMENTS), f"more than {svg.ELEMENTS} elements"),
        (written("<g>" * svg.DEEP + SQUARE + "</g>" * svg.DEEP), f"more than {svg.DEEP} deep"),
        (written('<image href="data:image/png;base64,iVBO" width="32" height="32"/>'), "an element 'image'"),
        (written('<filter id="f"><feTurbulence numOctaves="1e8"/></filter>'), "an element 'filter'"),
        (written('<defs><pattern id="p" width="1e7" height="1e7"/></defs>'), "an element 'pattern'"),
        (written('<marker id="m"/>'), "an element 'marker'"), (written("<text>hello</text>"), "an element 'text'"),
        (written("<foreignObject/>"), "an element 'foreignObject'"),
        (written('<use xlink:href="/tmp/other.svg#a"/>'), "outside of it: '/tmp/other.svg#a'"),
        (written('<use href="http://example.org/a.svg#a"/>'), "outside of it"),
        (written('<linearGradient id="a" href="//example.org/b"/>'), "outside of it"),
        (written('<path d="M0 0A1e38 1e38 0 0 1 1e38 1e38"/>'), "'d' holds the number 1e38"),
        (written('<rect width="1" height="1" style="stroke-width:1e30"/>'), "'style' holds the number 1e30"),
        (written(f'<rect width="{"9" * 400}"/>'), "'width' holds the number 999"),
        (written(f"<style>{'g{fill:red}' * 2_000}</style>"), "of CSS, at most"),
        (written(f"{REPEATED}<use href='#r6'/>"), "shows more than 20000"),
        ('<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0"><path d="M0 0z"/></svg>', "invalid size"),
        ('<svg xmlns="http://www.w3.org/2000/svg" width="-4" height="9"><path d="M0 0z"/></svg>', "invalid size"),
    ],
    ids=lambda value: value[:40].encode("ascii", "replace").decode() if isinstance(value, str) else None,
)  # fmt: skip
def test_drawing_that_is_none_or_may_do_harm_is_refused_with_the_reason(drawing: str, says: str) -> None:
    for way in (lambda: render_svg(drawing, 64), lambda: parts.split_drawing(drawing)):
        with pytest.raises(SketchbookError) as caught:
            way()
        assert says in str(caught.value) and len(str(caught.value)) < 400


def test_million_of_nodes_is_refused_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svg, "BYTES", 1 << 30)
    drawing = written('<rect width="1" height="1"/>' * 1_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SketchbookError, match="more than 2000 elements"):
        render_svg(drawing, 64)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes; as a tree, half a million


def test_hundred_thousand_groups_in_each_other_do_not_end_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svg, "BYTES", 1 << 30)
    with pytest.raises(SketchbookError, match="more than 32 deep"):
        render_svg(written("<g>" * 100_000 + SQUARE + "</g>" * 100_000), 64)


@pytest.mark.parametrize(
    "reference",
    ['<image xlink:href="{}" width="32" height="32"/>', '<image href="{}" width="32" height="32"/>',
     '<image xmlns:y="http://www.w3.org/1999/xlink" y:href="{}" width="32" height="32"/>',
     '<svg:image xmlns:svg="http://www.w3.org/2000/svg" href="{}" width="32" height="32"/>',
     '<filter id="f"><feImage href="{}"/></filter><rect width="32" height="32" filter="url(#f)"/>',
     '<rect style="fill:url({}#a)" width="32" height="32"/>', '<style>@import url({}); rect{{fill:url({})}}</style>',
     '<g style="href:{}"/>', '<use href="{}#a"/>', '<a href="{}"/>', '<script href="{}"/>'],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["png", "svg"])
def test_file_beside_the_drawing_is_never_read(reference: str, kind: str, tmp_path: Path) -> None:
    secret = tmp_path / f"secret.{kind}"
    if kind == "png":
        Image.new("RGB", (32, 32), (255, 0, 255)).save(secret)
    else:
        secret.write_text(written('<g id="a"><rect width="32" height="32" fill="#ff00ff"/></g>'))
    for address in (secret, secret.as_uri(), f"{'../' * 20}{secret.relative_to('/')}"):
        try:
            seen = render_svg(written(reference.replace("{{", "{").replace("}}", "}").replace("{}", str(address))), 32)
        except SketchbookError as error:
            assert "'" in str(error)
        else:
            assert not ((seen[..., 0] > 0.9) & (seen[..., 1] < 0.1) & (seen[..., 2] > 0.9)).any()


def test_no_host_is_asked_over_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    asked = []
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0.05)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.png"
        for element in (
            f'<image href="{address}" width="9" height="9"/>',
            f'<style>@import url("{address}");</style>',
            f'<rect fill="url({address})" width="9" height="9"/>',
        ):
            try:
                render_svg(written(element), 32)
            except SketchbookError:
                asked.append(element)
        with pytest.raises(TimeoutError):
            server.accept()
    assert len(asked) == 1


@pytest.mark.parametrize(
    "body",
    [f"<script>alert(1)</script>{SQUARE}", f'<script href="x.js"/>{SQUARE}', f'<g onload="alert(1)">{SQUARE}</g>',
     f"<!-- a word -->{SQUARE}<?php echo ?>", f'<a href="https://example.org/">{SQUARE}</a>',
     f"<title>A square</title><desc>of red</desc>{SQUARE}", f'<x:y xmlns:x="urn:z" a="b"/>{SQUARE}',
     f'<g id="a"><use xlink:href="#a"/></g>{SQUARE}',
     "<style>rect{fill:#d02020}</style><rect width='16' height='32'/>"],
)  # fmt: skip
def test_what_is_not_drawn_does_no_harm(body: str) -> None:
    seen = render_svg(written(body), 32)
    assert np.allclose(seen[16, 8], [0xD0 / 255, 0x20 / 255, 0x20 / 255, 1], atol=0.01) and seen[16, 24, 3] == 0
    assert len(parts.split_drawing(written(body))) == 1


@pytest.mark.parametrize(
    ("start", "share"),
    [('width="32" height="32"', 0.5), ('viewBox="0 0 32 32"', 0.5), ('width="nan" height="x"', None),
     ('width="9" height="9" viewBox="0 0 0 0"', None), ("", None), ('viewBox="0 0 64 32"', None),
     ('width="100000" height="1"', None)],
)  # fmt: skip
def test_drawing_of_any_size_or_none_is_as_large_as_was_asked(start: str, share: float | None) -> None:
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" {start}>{SQUARE}</svg>'
    for pixels in (3, 64, 65):
        seen = render_svg(drawing, pixels)
        assert seen.shape == (pixels, pixels, 4) and seen.dtype == np.float32 and 0 <= seen.min() <= seen.max() <= 1
    if share is not None:
        assert seen[..., 3].mean() == pytest.approx(share, abs=0.02)


def test_panic_of_the_renderer_is_reported_as_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the renderer raises where it gives up is no Exception, and would end a worker."""
    import resvg_py

    class PanicException(BaseException):
        pass

    monkeypatch.setattr(
        resvg_py, "svg_to_bytes", raising(PanicException("called `Option::unwrap()` on a `None` value"))
    )
    with pytest.raises(SketchbookError, match="cannot be rendered: called"):
        render_svg(written(SQUARE), 32)

    monkeypatch.setattr(resvg_py, "svg_to_bytes", raising(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        render_svg(written(SQUARE), 32)


@pytest.mark.slow
def test_drawing_is_tried_in_a_process_that_may_break_down(monkeypatch: pytest.MonkeyPatch) -> None:
    assert svg.try_rendering(written(SHAPES["house"])) == written(SHAPES["house"])
    monkeypatch.setattr(svg, "_TRIAL", "import os; os.abort()")
    with pytest.raises(SketchbookError, match="broke down over it"):
        svg.try_rendering(written(SQUARE))
    monkeypatch.setattr(svg, "_TRIAL", "import time; time.sleep(60)")
    monkeypatch.setattr(svg, "SECONDS", 0.2)
    with pytest.raises(SketchbookError, match="takes longer than"):
        svg.try_rendering(written(SQUARE))
    with pytest.raises(SketchbookError, match="no SVG"):
        svg.try_rendering("<html/>")


@pytest.mark.parametrize(
    ("drawing", "says"),
    [
        (written(f"<script>alert(1)</script>{SQUARE}"), "holds a script."),
        (written(f'<g onload="alert(1)">{SQUARE}</g>'), "a script, in 'onload'"),
        (written(f'<a href=" javascript:alert(1)">{SQUARE}</a>'), "a script, in 'href'"),
        (written(f'<style>@import "http://example.org/a.css";</style>{SQUARE}'), "outside of it: '@import"),
        (written(f"<style>rect{{fill:url( 'http://example.org/a.svg#a' )}}</style>{SQUARE}"), "url( 'http"),
        (written('<rect style="fill:url(/tmp/a.svg#a)" width="9" height="9"/>'), "outside of it: 'url(/tmp/a.svg#a)"),
        (written('<rect fill="url(data:image/png;base64,iV)" width="9" height="9"/>'), "outside of it"),
        (f'<svg xmlns="http://www.w3.org/2000/svg">{SQUARE}</svg>', "has no size"),
        (f'<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%">{SQUARE}</svg>', "has no size"),
        (f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="nan">{SQUARE}</svg>', "has no size"),
        (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 0 0">{SQUARE}</svg>', "has no size"),
        (written(""), "shows nothing"),
        (written('<rect width="9" height="9" fill="none"/>'), "shows nothing"),
        (written('<rect x="90" width="9" height="9"/>'), "shows nothing"),
    ],
)
def test_drawing_that_is_brought_is_refused_for_what_it_was_meant_to_do(drawing: str, says: str) -> None:
    with pytest.raises(SketchbookError) as caught:
        svg.try_rendering(drawing)
    assert says in str(caught.value)


PROLOG = (
    '<?xml version="1.0"?><!-- é <svg viewBox="0 0 1 1"> --><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">\n'
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "box"),
    [
        ('viewBox="0 0 200 100"', "0 -50 200 200"),
        ('viewBox="-5,0 100,200"', "-55 0 200 200"),
        ("data-x=\"it's wide: width='3' > 2\" width=\"40px\" height = '20' preserveAspectRatio='none'", "0 -10 40 40"),
        ('width="9" height="3" viewBox="0 0 8 8"', "0 0 8 8"),
    ],
)
def test_drawing_that_is_no_square_is_put_into_one_and_not_stretched(start: str, box: str) -> None:
    left, top, side, _ = map(float, box.split())
    shape = f'<rect x="{left + side / 4}" y="{top + side / 4}" width="{side / 2}" height="{side / 4}"/>'
    drawing = f'{PROLOG}<svg:svg xmlns:svg="http://www.w3.org/2000/svg" {start}>{shape}</svg:svg>'
    kept = svg.try_rendering(drawing.replace("<rect", "<svg:rect"))
    assert f'<svg:svg viewBox="{box}"' in kept and svg.try_rendering(kept) == kept
    inked = render_svg(kept, 64)[..., 3] > 0.5
    assert inked[16:32, 16:48].all() and inked.sum() == 16 * 32
    assert ("data-x=\"it's wide: width='3' > 2\"" in kept) == ("data-x" in start)


def test_drawing_does_not_depend_on_the_fonts_of_the_machine() -> None:
    """The renderer is set to look for none; a drawing that would need some is refused."""
    with pytest.raises(SketchbookError, match="'text'"):
        svg.parse_svg(written('<g><text x="4" y="20">words</text></g>'))


def test_bytes_and_numbers_are_the_same_picture() -> None:
    seen = svg.rasterise(written(SHAPES["disc"]), 48)
    assert seen.dtype == np.uint8 and np.array_equal(np.round(svg.to_shares(seen) * 255), seen)
    held = io.BytesIO()
    Image.fromarray(seen).save(held, "PNG")
    assert np.array_equal(np.asarray(Image.open(held)), seen)


def test_reading_needs_no_more_than_a_guarded_parser() -> None:
    loaded = modules_after(f"from sketch import svg; svg.parse_svg({written(SQUARE)!r})")
    assert loaded & {"defusedxml", "scipy", "resvg_py"} == {"defusedxml"}
