"""What is said of a drawing that is refused, in the language of the page."""

import pytest
from flask import Flask
from flask_babel import force_locale

from app.collection.moderation import drawing_request
from app.collection.moderation.drawing_request import DrawingRequest
from app.core.errors import InvalidInput
from sketch import svg

SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{}</svg>'


@pytest.mark.slow
def test_check_stores_the_colour_that_is_understood(app: Flask) -> None:
    drawing = SQUARE.format('<rect width="64" height="64" style="fill:red;fill:color(display-p3 1 0 0)"/>')
    with app.test_request_context("/"):
        checked = drawing_request.check(drawing.encode(), DrawingRequest("a robot hamster"))
    assert 'style="fill:red"' in checked.svg


@pytest.mark.parametrize(
    ("drawing", "english", "german"),
    [
        ("<html/>", "The drawing is no SVG: it begins with 'html'.", "Die Zeichnung ist kein SVG: Sie beginnt mit"),
        (SQUARE.format(""), "The drawing shows nothing.", "Die Zeichnung zeigt nichts."),
        (SQUARE.format("<text>a</text>"), "The drawing holds an element 'text', which is not drawn here.", "'text'"),
        (SQUARE.format("<g/>" * svg.ELEMENTS), "The drawing has more than 2000 elements.", "2000"),
        (SQUARE.format('<g onload="%(x)s"/>'), "The drawing holds a script, in 'onload'.", "'onload'"),
        (SQUARE.format('<a href="#%(x)s" r="9e9"/>'), "The drawing's 'r' holds the number 9e9, at most 1e+06.", "9e9"),
        (
            SQUARE.format('<g fill="lab(1 2 3)"/>'),
            "The drawing's fill holds the colour lab(1 2 3), which is not understood: write it as in #d02020.",
            "die Farbe lab(1 2 3)",
        ),
    ],
)
def test_refusal_of_a_drawing_is_in_the_pages_language(app: Flask, drawing: str, english: str, german: str) -> None:
    for language, said in (("en", english), ("de", german)):
        with app.test_request_context("/"), force_locale(language), pytest.raises(InvalidInput) as refused:
            drawing_request.check(drawing.encode(), DrawingRequest("a robot hamster"))
        message = {error.field: error.message for error in refused.value.errors}["file"]
        assert said in message
        assert (message == english) is (language == "en")
