"""Numbers in addresses: too long a number is an address that does not exist."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

NUMBERS = "9" * 10, "9" * 18, "9" * 19, "9" * 40, "9" * 5000


@pytest.mark.parametrize("number", NUMBERS)
def test_long_number_in_an_address_is_not_found(app: Flask, client: FlaskClient, number: str) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if "<int:" in rule.rule and "GET" in (rule.methods or ())]
    assert rules
    for rule in rules:
        path = re.sub(r"<[^>]*>", "a", re.sub(r"<int:[^>]*>", number, rule.rule))
        assert client.get(path).status_code == 404, path
