"""Settings: where they come from, which wins, and what is refused at the start."""

import json
import os
import stat
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from app.core.config import ROOT
from app.core.errors import ConfigError
from app.core.settings.kinds import SECRET_EXAMPLE
from tests.conftest import make_app


def settings_file(instance: Path, text: str) -> None:
    (instance / "settings.toml").write_text(text, "utf-8")


def test_defaults_are_those_of_the_contract(app: Flask) -> None:
    limits = {name: app.config[name] for name in ("STOPS_MAX", "PROMPT_MAX", "FRAMES_DEFAULT", "FRAMES_MAX", "FPS")}
    assert limits == {"STOPS_MAX": 8, "PROMPT_MAX": 300, "FRAMES_DEFAULT": 24, "FRAMES_MAX": 240, "FPS": 12.5}
    assert app.config["MAX_CONTENT_LENGTH"] == 1_000_000


def test_database_and_media_lie_in_the_instance_folder_by_default(app: Flask, instance: Path) -> None:
    assert app.config["DATABASE_URL"] == f"sqlite:///{instance / 'moma.sqlite'}"
    assert app.config["MEDIA_URL"] == f"file://{instance / 'media'}"


def test_house_model_is_found_from_any_folder(instance: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert (Path(make_app(instance).config["MODEL"]) / "model_index.json").exists()


def test_further_models_are_found_anywhere(instance: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    app = make_app(instance, MODELS=["models/house", "someone/else"])
    assert app.config["MODELS"] == [str(ROOT / "models" / "house"), "someone/else"]


def test_environment_wins_over_file_and_file_over_defaults(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings_file(instance, "page_size = 5\nsteps = 7\n")
    monkeypatch.setenv("MOMA_STEPS", "9")
    app = make_app(instance)
    assert (app.config["PAGE_SIZE"], app.config["STEPS"], app.config["GUIDANCE"]) == (5, 9, 0.0)


@pytest.mark.parametrize("around", ["{}\r", "{} ", " {}\t", "{}\r\n"])
def test_space_around_a_setting_is_no_part_of_it(instance: Path, monkeypatch: pytest.MonkeyPatch, around: str) -> None:
    for name, text in {"MODEL": "models/other", "STEPS": "9", "PRODUCTION": "false"}.items():
        monkeypatch.setenv(f"MOMA_{name}", around.format(text))
    config = make_app(instance).config
    assert (config["MODEL"], config["STEPS"], config["PRODUCTION"]) == ("models/other", 9, False)
    (instance / "settings.toml").write_text(f"vae = {json.dumps(around.format('models/vae'))}\n", "utf-8")
    assert make_app(instance).config["VAE"] == "models/vae"


def test_space_around_a_secret_key_is_part_of_it(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the cookies of a site whose key has some go on."""
    monkeypatch.setenv("MOMA_SECRET_KEY", " a secret of 1.0.0 ")
    assert create_app({}, instance_path=str(instance)).config["SECRET_KEY"] == " a secret of 1.0.0 "


def test_callers_settings_win_over_the_environment(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOMA_STEPS", "9")
    assert make_app(instance, STEPS=3).config["STEPS"] == 3


def test_lists_are_read_from_the_environment_as_json(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOMA_TEAM", '[{"name": "Ann", "role": "paints"}]')
    assert make_app(instance).config["TEAM"] == [{"name": "Ann", "role": "paints"}]


def test_text_that_looks_like_a_number_stays_text(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOMA_SECRET_KEY", "12345678901234567890")
    monkeypatch.setenv("MOMA_QUEUE", "7")
    app = make_app(instance, SECRET_KEY=os.environ["MOMA_SECRET_KEY"])
    assert app.config["SECRET_KEY"] == "12345678901234567890"
    assert app.config["QUEUE"] == "7"


def test_unknown_variable_is_refused_by_name(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOMA_FRAME_MAX", "12")
    with pytest.raises(ConfigError, match=r"MOMA_FRAME_MAX.*Did you mean MOMA_FRAMES_MAX\?"):
        make_app(instance)


def test_removed_setting_is_ignored_with_a_warning(
    instance: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings_file(instance, 'traces_url = "http://127.0.0.1:4318/v1/traces"\npage_size = 5\n')
    monkeypatch.setenv("MOMA_TRACES_URL", "http://127.0.0.1:4318/v1/traces")
    config = make_app(instance).config
    assert (config["PAGE_SIZE"], "TRACES_URL" in config) == (5, False)
    assert caplog.messages == [
        f"traces_url in {instance / 'settings.toml'} has no effect: release 1.2.0 removed the setting.",
        "MOMA_TRACES_URL has no effect: release 1.2.0 removed the setting.",
    ]


def test_all_unusable_settings_are_named_at_once_with_what_they_must_be(instance: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        make_app(instance, STEPS="many", FPS=0, MODELS=["a", 7])
    for sentence in (
        'MOMA_MODELS must be a list of texts, such as ["one", "two"], not [\'a\', 7].',
        "MOMA_FPS must be a number greater than 0, not 0.",
        "MOMA_STEPS must be a whole number, 0 or greater, not 'many'.",
    ):
        assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", 1234567890123456),
        ("SECRET_KEY_FALLBACKS", [1234567890123456]),
        ("METRICS_TOKEN", "1234567890"),
        ("LANGUAGE_MODEL_KEY", 1234567890),
        ("CURATOR_HASH", "1234567890"),
    ],
)
def test_refused_secret_is_not_repeated(instance: Path, name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"MOMA_{name} must") as refused:
        make_app(instance, **{name: value})
    assert "1234567890" not in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"HOURLY_WALKS": 300}, "MOMA_HOURLY_WALKS_ADDRESS must be no less than MOMA_HOURLY_WALKS: visitors share"),
        ({"STEPS": 101}, "MOMA_STEPS_MAX must be no less than MOMA_STEPS."),
        ({"GUIDANCE": 20.5}, "MOMA_GUIDANCE_MAX must be no less than MOMA_GUIDANCE."),
        ({"LINE_MAX": 239}, "MOMA_LINE_MAX must be no less than MOMA_LINE_MAX_ADDRESS."),
        ({"LINE_MAX_ADDRESS": 59}, "MOMA_LINE_MAX_ADDRESS must be no less than MOMA_LINE_MAX_VISITOR."),
        ({"HOURLY_PHOTOS": 81}, "MOMA_HOURLY_PHOTOS_ADDRESS must be no less than MOMA_HOURLY_PHOTOS"),
        ({"LANGUAGE_MODEL": "a"}, "MOMA_LANGUAGE_MODEL and MOMA_LANGUAGE_MODEL_URL must be set together"),
        ({"SHARED_NETWORKS": ["here"]}, "MOMA_SHARED_NETWORKS names networks such as 198.51.100.0/24: 'here'"),
        ({"LANGUAGE_MODEL_URL": "http://here:port/"}, "MOMA_LANGUAGE_MODEL_URL must be an address such as http"),
        ({"WORKER_METRICS": "here:65536"}, "MOMA_WORKER_METRICS must be an address such as 127.0.0.1:9109"),
        ({"LOG_FORMAT": "xml"}, "MOMA_LOG_FORMAT must be text or json, not 'xml'."),
        (
            {"DATABASE_URL": "postgres://moma@db/moma"},
            "MOMA_DATABASE_URL cannot be used: write postgresql:// instead of",
        ),
        ({"STOPS_MAX": 30, "FRAMES_MAX": 24}, "MOMA_FRAMES_MAX"),
        ({"SECRET_KEY": "dev"}, "at least 16 characters"),
        ({"METRICS_TOKEN": "short"}, "MOMA_METRICS_TOKEN must have at least 16 characters"),
        *(
            ({"CORS_ORIGINS": each}, "CORS_ORIGINS must be origins such as")
            for each in ("null", "https://example.org/", "example.org", "https://a@b", "https://a;https://b")
        ),
        *(({"EXHIBITION": each}, "MOMA_EXHIBITION must be true or false") for each in ("yes", 1, None, "False")),
        *(
            ({"CURATOR_HASH": each}, "MOMA_CURATOR_HASH must be the hash of a password")
            for each in ("a password", "scrypt:32768:8:1", "scrypt:32768:8:1$salt$", "$2b$12$abc", "x" * 64)
        ),
        *(
            ({"MEDIA_PUBLIC_URL": each}, "MOMA_MEDIA_PUBLIC_URL must be an address such as https://")
            for each in (
                "http://pictures.example.org", "https://me:key@pictures.example.org", "https:///x", "//x.example",
                "https://pictures.example.org/", "https://pictures.example.org/#x", "https://pictures.example.org/?x=1",
                "https://a.example; script-src *",
            )
        ),
        ({"SECRET_KEY_FALLBACKS": ["dev"]}, "at least 16 characters"),
    ],
)  # fmt: skip
def test_refusal_says_what_the_setting_must_be(instance: Path, settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        make_app(instance, **settings)
    assert sentence in str(refused.value)


def test_empty_address_in_the_environment_is_none(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "MEDIA_URL", "LORAS"):
        monkeypatch.setenv(f"MOMA_{name}", "")
    config = make_app(instance).config
    assert config["DATABASE_URL"] == f"sqlite:///{instance / 'moma.sqlite'}"
    assert config["LORAS"] == str(instance / "loras")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"frame_max = 12", "frame_max"),
        (b"page_sise = 5", r"Did you mean page_size\?"),
        (b"steps = ", r"settings\.toml"),
        (b"steps = 1\nsteps = 2", r"settings\.toml"),
        (b'contact = "\xff"', r"settings\.toml"),
        (b"model = 3", "MOMA_MODEL must be a text"),
        (b"database_url = 3", "MOMA_DATABASE_URL must be a text"),
        (b"media_url = 3", "MOMA_MEDIA_URL must be a text"),
        (None, r"settings\.toml cannot be read"),
    ],
)
def test_unusable_settings_file_is_refused(instance: Path, content: bytes | None, named: str) -> None:
    file = instance / "settings.toml"
    file.mkdir() if content is None else file.write_bytes(content)
    with pytest.raises(ConfigError, match=named):
        make_app(instance)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STEPS", "many"),
        ("STEPS", 2.5),
        ("STEPS", True),
        ("STEPS", -1),
        ("GUIDANCE", -0.5),
        ("PAGE_SIZE", 0),
        ("PROMPT_MAX", -1),
        ("FPS", 0),
        ("FPS", float("nan")),
        ("LEASE_SECONDS", float("inf")),
        ("SWEEP_SECONDS", -2.0),
        ("PRODUCTION", 1),
        ("PRODUCTION", "yes"),
        ("PROXIES", -1),
        ("PROXIES", True),
        ("ACCEL_PREFIX", "_media"),
        ("ACCEL_PREFIX", "/"),
        ("STOPS_MAX", 1),
        ("FRAMES_DEFAULT", 1),
        ("FRAMES_MAX", 20),
        ("QUEUE", 7),
        ("DEVICE", "gpu"),
        ("DEVICE", ""),
        ("OFFLOAD", "disk"),
        ("OFFLOAD", ""),
        ("VAE", 5),
        ("TRANSFORMER", 5),
        ("TEAM", "Ann"),
        ("TEAM", ["Ann"]),
        ("TEAM", [{"role": "paints"}]),
        ("TEAM", [{"name": "Ann", "url": "javascript:alert(1)"}]),
        ("SECRET_KEY_FALLBACKS", "an old secret, long enough"),
        ("SECRET_KEY_FALLBACKS", [7]),
        ("MODELS", "models/house"),
        ("MODELS", [7]),
        ("MODELS", [""]),
        ("MODELS_KEPT", 0),
        ("DATABASE_URL", "no address"),
        ("DATABASE_URL", "nosuchbase://here"),
        ("REDIS_URL", "http://localhost"),
        ("REDIS_URL", "redis://localhost:port"),
        ("MEDIA_URL", "nosuchstore://here"),
        ("TRUSTED_HOSTS", ["moma.example.org:80"]),
        ("TRUSTED_HOSTS", ["*"]),
        ("PUBLIC_ORIGIN", "https://moma.example.org/moma"),
    ],
)
def test_unusable_setting_is_refused_by_name(instance: Path, name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"MOMA_{name}"):
        make_app(instance, **{name: value})


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_instance_folder_that_cannot_be_made_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=f"instance folder {tmp_path / place} cannot be used"):
        make_app(tmp_path / place)


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (None, "is missing"),
        ("a secret of 28 characters ...", "at least 32 characters"),
        ("secret" * 10, "at least 10 different characters"),
    ],
)
def test_secret_that_will_do_at_home_is_refused_in_production(instance: Path, secret: str, reason: str) -> None:
    make_app(instance, SECRET_KEY=secret)
    with pytest.raises(ConfigError, match=reason) as refused:
        make_app(instance, SECRET_KEY=secret, PRODUCTION=True)
    assert "MOMA_SECRET_KEY" in str(refused.value)
    assert "secrets.token_hex(32)" in str(refused.value)


def test_weak_fallback_is_refused_in_production(instance: Path) -> None:
    strong = "0123456789abcdef" * 4
    assert make_app(instance, SECRET_KEY=strong, PRODUCTION=True).config["SECRET_KEY"] == strong
    with pytest.raises(ConfigError, match="at least 32 characters"):
        make_app(instance, SECRET_KEY=strong, SECRET_KEY_FALLBACKS=["a secret of home use"], PRODUCTION=True)


@pytest.mark.parametrize("production", [False, True])
def test_secret_of_the_example_is_refused(instance: Path, production: bool) -> None:
    example = (ROOT / "instance" / "settings.example.toml").read_text("utf-8")
    assert f'secret_key = "{SECRET_EXAMPLE}"' in example
    with pytest.raises(ConfigError, match="that of the example"):
        make_app(instance, SECRET_KEY=SECRET_EXAMPLE, PRODUCTION=production)


def test_secret_is_made_once_and_readable_by_its_owner_only(instance: Path) -> None:
    first = make_app(instance, SECRET_KEY=None).config["SECRET_KEY"]
    path = instance / "secret_key"
    assert len(first) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert make_app(instance, SECRET_KEY=None).config["SECRET_KEY"] == first
    assert [file.name for file in instance.glob(".secret*")] == []


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"short"])
def test_unusable_secret_file_is_refused(instance: Path, content: bytes) -> None:
    (instance / "secret_key").write_bytes(content)
    with pytest.raises(ConfigError, match=r"(?i)secret"):
        make_app(instance, SECRET_KEY=None)


def test_two_sites_draw_different_secrets(tmp_path: Path) -> None:
    secrets = {make_app(tmp_path / name, SECRET_KEY=None).config["SECRET_KEY"] for name in ("one", "two")}
    assert len(secrets) == 2


@pytest.mark.parametrize("name", ["MODEL", "MODEL_CACHE", "VAE", "TRANSFORMER", "BLIP", "SAFETY_CHECKER"])
def test_home_folder_of_paths_is_expanded(
    instance: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(f"MOMA_{name}", "~/models/mine")
    assert make_app(instance).config[name] == str(tmp_path / "models" / "mine")


def test_home_folder_of_models_is_expanded(instance: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    models = ["~/a.safetensors", "owner/name@v1", "~nobody-of-this-name/b"]
    assert make_app(instance, MODELS=models).config["MODELS"] == [str(tmp_path / "a.safetensors"), *models[1:]]
