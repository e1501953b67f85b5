"""Forms of files that are none: refused as garbled, and not read as forms in which nothing stands."""

import pytest
from flask.testing import FlaskClient

from tests.support.pictures import form_of, two_halves, written

FORM = "multipart/form-data; boundary=x"
WHOLE: bytes = form_of(written(two_halves()))["data"]
GARBLED = {
    "cut off in its file": (WHOLE[:-60], FORM),
    "without its last boundary": (WHOLE[: WHOLE.rindex(b"--x--")], FORM),
    "with a head that is not UTF-8": (WHOLE.replace(b"a.png", b"\xff\xfe.png"), FORM),
    "of no parts": (b"x" * 1000, FORM),
    "without a boundary": (WHOLE, "multipart/form-data"),
}


@pytest.mark.parametrize("how", GARBLED)
@pytest.mark.parametrize("address", ["/api/v1/pictures", "/api/v1/walks", "/"])
def test_garbled_form_is_refused_as_such(client: FlaskClient, how: str, address: str) -> None:
    data, kind = GARBLED[how]
    answer = client.post(address, data=data, content_type=kind)
    assert answer.status_code == 400
    assert "was cut off or garbled on its way" in answer.text


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "a\0.png", "a" * 10_000 + ".png", 'a"; filename=b', "%0d%0aX: 1"]
)
def test_name_of_a_file_goes_nowhere(client: FlaskClient, name: str) -> None:
    answer = client.post("/api/v1/pictures", data=WHOLE.replace(b"a.png", name.encode()), content_type=FORM)
    assert answer.status_code == 201
    assert name not in answer.text and name not in str(answer.headers)


@pytest.mark.parametrize("address", ["/walks", "/"])
def test_fields_are_counted_before_they_are_read(client: FlaskClient, address: str) -> None:
    answer = client.post(address, data=b"&".join([b"a="] * 1001), content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert "A form has at most 1,000 fields; this one has 1,001." in answer.text
