"""The curator of the tests: a password, and the way in."""

from flask.testing import FlaskClient

from app.access.auth import curator_session

PASSWORD = "a password of the tests"
HASH = curator_session.generate_password_hash(PASSWORD, "pbkdf2:sha256:1")  # as cheap as it gets


def enter(client: FlaskClient, password: str = PASSWORD, **where: str):  # type: ignore[no-untyped-def]
    return client.post("/curator/sign-in", data={"password": password}, **where)
