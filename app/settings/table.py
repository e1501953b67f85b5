"""Every setting with its type, default, range and help: one table, which is also ``docs/settings.md``.

``python -m app.settings.pages`` writes that page and ``instance/settings.example.toml`` from it. A class is a group of
settings, its docstring the heading; what stands beneath a setting is its help, in Markdown.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from app.settings import kinds

Mark = TypeVar("Mark")
NEW = kinds.Since("1.1.0")


class Group(BaseModel):
    """A group of settings. Its own checks are never needed, so they are not built."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", validate_default=True, defer_build=True)


class Places(Group):
    """Where things are. Without an address, all is kept in the instance folder."""

    DATABASE_URL: Annotated[
        kinds.DatabaseURL | None,
        kinds.Unset("`moma.sqlite` in the instance folder", "postgresql://moma@localhost/moma"),
    ] = None
    """Where the database is: an SQLAlchemy address, of SQLite or Postgres."""
    REDIS_URL: Annotated[kinds.RedisURL | None, kinds.Unset("none", "redis://localhost:6379/0")] = None
    """Where Redis is. Without one, `make run` starts its own, and the admin commands find it."""
    MEDIA_URL: Annotated[str | None, kinds.Unset("`media` in the instance folder", "s3://bucket/moma")] = None
    """Where pictures and films are kept: a folder, or an fsspec address such as `s3://bucket/moma` (see [object
    storage](object-storage.md))."""
    MEDIA_PUBLIC_URL: kinds.PublicAddress = ""
    """Where everybody may fetch what `MEDIA_URL` holds, such as `https://pictures.example.org/moma`: pages then have
    films and posters of listed walks from there. Read [what that gives away](object-storage.md#a-public-address)
    first."""
    MODEL: kinds.Location = "models/house"
    """The model: a folder or a `.safetensors` file, taken from the project's root if it is relative (`~` is the home
    folder), or a name on the hub, `owner/name` or `owner/name@revision`. See [your own model](own-model.md)."""
    MODELS: kinds.Locations = []
    """Further models on offer, named as in `MODEL`; visitors choose, and `MODEL` paints if nothing is said. See
    [models](models.md)."""
    MODELS_KEPT: kinds.Count = 2
    """How many models a worker keeps in memory; past that, the one longest unused goes."""
    MODEL_CACHE: Annotated[kinds.Location, NEW] = ""
    """The folder into which models are downloaded from the hub; empty: the hub client's own, which `HF_HOME` or
    `HF_HUB_CACHE` moves."""
    DEVICE: kinds.Device = "auto"
    """What paints: `auto`, `cpu`, `cuda` (`cuda:1` is the second card) or `mps`."""
    TRANSFORMER: Annotated[kinds.Location, NEW] = ""
    """A network in the place of `MODEL`'s own, for FLUX.1, Stable Diffusion 3, Z-Image and FLUX.2 klein: a
    `.safetensors` file in the keys of the original implementation, or a `.gguf` file (with the extra `gguf`). Text
    encoders and VAE are the folder's. See [your own model](own-model.md)."""
    VAE: Annotated[kinds.Location, NEW] = ""
    """A VAE in the place of `MODEL`'s own: a folder as diffusers saves it, or a `.safetensors` file; one made for other
    latents is refused. See [your own model](own-model.md#when-memory-is-short)."""
    OFFLOAD: Annotated[
        Literal["auto", "model", "sequential", "off"], kinds.Must("be auto, model, sequential or off"), NEW
    ] = "auto"
    """What leaves the GPU while it is not used: `auto` decides by the memory that is free; `off` keeps everything
    there; `model` moves one part of the model at a time, `sequential` one layer. Ignored on a CPU."""
    LORAS: Annotated[kinds.Location | None, kinds.Unset("`loras` in the instance folder", "/srv/models/loras"), NEW] = (
        None
    )
    """The folder of the LoRA files, read by the site and by workers; `flask loras add` writes it. See [LoRA
    files](loras.md)."""
    EMBEDDINGS: Annotated[
        kinds.Location | None, kinds.Unset("`embeddings` in the instance folder", "/srv/models/embeddings"), NEW
    ] = None
    """The folder of the textual inversion files (`.safetensors`), read by the site and by workers; prompts name them by
    their file names. See [prompts](prompts.md#embeddings)."""
    MEANING: kinds.Location = "models/meaning"
    """The folder of the table by which the gallery is searched by meaning; without one it is searched by words alone.
    See [searching](searching.md)."""
    EYE: kinds.Location = "models/eye"
    """The folder of the eye by which the worker sees what frames look alike; without one nothing is found by its look.
    See [searching](searching.md)."""
    BLIP: kinds.Location = ""
    """The folder of a BLIP model, as transformers saves it, by which the worker says what photos show; without one the
    eye names its nearest concept. See [painting](painting.md#photos)."""
    SAFETY_CHECKER: kinds.Location = ""
    """What looks at painted pictures before anybody sees them: the folder of diffusers’ safety checker, or of an image
    classifier with a label such as `nsfw`; or `nudenet`, where that package is installed. Without one no picture is
    looked at. See [curating](curating.md#what-is-unfit)."""
    LANGUAGE_MODEL: str = ""
    """The name of a language model that writes captions, as its address knows it; without one a grammar writes them.
    See [curating](curating.md#captions)."""
    LANGUAGE_MODEL_URL: Annotated[kinds.WebAddress, kinds.Must("be an address such as http://127.0.0.1:8080/v1")] = ""
    """Where that model is asked: any OpenAI-compatible address, without `/chat/completions`, such as
    `http://127.0.0.1:8080/v1`."""
    LANGUAGE_MODEL_KEY: Annotated[str, Field(repr=False)] = ""
    """What is sent there as a bearer token."""
    LANGUAGE_MODEL_SECONDS: kinds.Number = 8.0
    """How long an answer is waited for, all in all, before the grammar writes."""


class Signing(Group):
    """Secrets and cookies. Without a secret, one is made at the first start and kept beside this file."""

    SECRET_KEY: Annotated[
        str | None, kinds.Unset("made at the first start", kinds.SECRET_EXAMPLE), Field(repr=False)
    ] = None
    """Signs cookies and hashes addresses; at least 16 characters. It is kept in `secret_key` in the instance folder."""
    SECRET_KEY_FALLBACKS: kinds.Secrets = []
    """Earlier secrets whose cookies are still good. To change the secret, put the old one here."""
    METRICS_TOKEN: kinds.Token = ""
    """What `/metrics` is told to from other machines, as a bearer token; at least 16 characters. Empty: to this machine
    only. See [metrics](metrics.md)."""
    CURATOR_HASH: kinds.PasswordHash = ""
    """The hash of the password to the [curator’s room](curating.md) at `/curator`, as `flask --app wsgi curator
    password` prints it. Empty: there is no such room."""


class Deployment(Group):
    """Deployment"""

    PRODUCTION: kinds.Switch = False
    """Whether strangers come here: `SECRET_KEY` must then be set, have at least 32 characters and not repeat itself."""
    PROXIES: kinds.CountOrZero = 0
    """How many proxies stand in front, whose word on the visitor's address and on https is taken."""
    ACCEL_PREFIX: kinds.Prefix = ""
    """Where nginx finds the media folder, such as `/_media/`, or fetches from the bucket, such as `/_bucket/`; unless
    empty, it sends the films (X-Accel-Redirect)."""
    HSTS_SECONDS: kinds.CountOrZero = 31_536_000
    """Over https, for how long a browser is to come back by https only (`Strict-Transport-Security`); 0: it is not told
    to."""
    LOG_VISITORS: kinds.Switch = False
    """Whether gunicorn's logs name visitors' addresses and programs, and what they searched for; the about page says
    so. nginx is told by the same name (see [deploying](deploy.md))."""
    LOG_FORMAT: Annotated[Literal["text", "json"], kinds.Must("be text or json")] = "text"
    """How lines of the logs are written: `text`, or `json`, an object in each line. See
    [metrics](metrics.md#from-a-request-to-a-frame)."""


class Monitoring(Group):
    """Monitoring"""

    WORKER_METRICS: kinds.Listener = ""
    """Where a worker tells its figures, such as `127.0.0.1:9109`; further workers of a machine take the next ports.
    Empty: nowhere. See [metrics](metrics.md#what-a-worker-tells)."""
    SENTRY_DSN: str = ""
    """Where Sentry takes errors, without anybody's words. See [metrics](metrics.md#sentry-and-opentelemetry)."""
    TRACES_URL: Annotated[kinds.WebAddress, kinds.Must("be an address such as http://127.0.0.1:4318/v1/traces")] = ""
    """Where traces are taken by OTLP over HTTP, such as `http://127.0.0.1:4318/v1/traces`. See
    [metrics](metrics.md#sentry-and-opentelemetry)."""


class Limits(Group):
    """Limits"""

    STOPS_MAX: kinds.TwoOrMore = 8
    """How many stops a walk may have."""
    PROMPT_MAX: kinds.Count = 300
    """How many characters a prompt may have."""
    FRAMES_DEFAULT: kinds.TwoOrMore = 24
    """How many frames a walk has if nothing is said."""
    FRAMES_MAX: Annotated[
        kinds.Count, kinds.AtLeast("STOPS_MAX", "each stop is a frame"), kinds.AtLeast("FRAMES_DEFAULT")
    ] = 240
    """How many frames a walk may have."""
    STEPS_MAX: Annotated[kinds.Count, kinds.AtLeast("STEPS")] = 100
    """How many steps of the sampler may be asked for."""
    GUIDANCE_MAX: Annotated[kinds.Number, kinds.AtLeast("GUIDANCE")] = 20.0
    """How much guidance may be asked for."""
    HOURLY_WALKS: kinds.Count = 60
    """The work of how many usual walks a visitor may commission, or have painted after all, within an hour: by cookie
    on the pages, by address through the API, and as the allowance of an [API token](curating.md) that is given none. A
    longer or finer walk takes more of it, the largest the whole hour; a repeat next to nothing. As many frames may be
    asked for in the making, counted apart."""
    HOURLY_WALKS_ADDRESS: Annotated[kinds.Count, kinds.AtLeast("HOURLY_WALKS", "visitors share addresses")] = 240
    """The work of how many usual walks may be commissioned within an hour from one address, by all who share it (an
    IPv6 address counts with its /64)."""
    SHARED_NETWORKS: kinds.Networks = []
    """Networks (`["198.51.100.0/24"]`) in which each visitor takes turns alone, as a museum's or a school's. Elsewhere
    all who come from one address share its turns in the line."""
    LINE_MAX: Annotated[kinds.Count, kinds.AtLeast("LINE_MAX_ADDRESS")] = 10_000
    """The work of how many usual walks may wait in line, of all visitors; more is answered 503, with the time until
    there is room. An empty line takes any walk."""
    LINE_MAX_VISITOR: kinds.Count = 60
    """The work of how many usual walks one visitor may have waiting in line; more is answered 429. Who has nothing
    waiting may ask for any walk."""
    LINE_MAX_ADDRESS: Annotated[kinds.Count, kinds.AtLeast("LINE_MAX_VISITOR")] = 240
    """The same for all who share an address (of IPv6, a /64)."""
    DAILY_BYTES_ADDRESS: kinds.Count = 5_000_000_000
    """How many bytes of pictures and films are kept of walks that were asked for from one address within 24 hours; more
    is answered 429. What is taken down makes room."""
    FREE_BYTES_MIN: kinds.CountOrZero = 1_000_000_000
    """How many bytes must be free where the media folder and SQLite's file are, or walks are answered 503; 0: it is not
    looked at. Object stores and Postgres are not asked."""
    BODY_MAX: kinds.Count = 1_000_000
    """How many bytes of a request are read."""
    UPLOAD_MAX: kinds.Count = 20_000_000
    """How many bytes of a film are read that a visitor brings along for its recipe. nginx has a limit of its own for
    it."""
    PHOTO_MAX: kinds.Count = 12_000_000
    """How many bytes a picture may have that a visitor brings for a stop. nginx has a limit of its own for it."""
    PHOTO_PIXELS_MAX: kinds.Count = 40_000_000
    """How many pixels it may have; its header is asked before any of it is decoded."""
    HOURLY_PHOTOS: kinds.Count = 20
    """How many pictures one visitor may bring within an hour; of programs, one address or one API token."""
    HOURLY_PHOTOS_ADDRESS: Annotated[kinds.Count, kinds.AtLeast("HOURLY_PHOTOS", "visitors share addresses")] = 80
    """The same for all who share an address."""


class Painting(Group):
    """Painting"""

    FPS: kinds.Number = 12.5
    """How many frames of a new walk are shown in a second where nobody asks for another number; rounded so that each
    takes whole hundredths of a second."""
    CACHE: kinds.Switch = True
    """Whether a commission that was painted before, seed and all, is answered at once with those pictures."""
    STEPS: kinds.CountOrZero = 0
    """How many steps the sampler takes for each frame of a new walk; with 0, as many as its preset says."""
    GUIDANCE: kinds.NumberOrZero = 0.0
    """How closely a new walk keeps to its words; 1 is no guidance, and with 0 its preset says."""


class Reliability(Group):
    """Reliability"""

    QUEUE: str = "moma"
    """The name of the queue in Redis. Two sites on one Redis need two names."""
    LEASE_SECONDS: kinds.Number = 30.0
    """How long a worker may be silent before its piece of a walk is given to another."""
    STUCK_SECONDS: kinds.Number = 600.0
    """After how long without any progress a worker ends itself, to be started anew: longer than the largest model takes
    to load."""
    LOST_MAX: kinds.Count = 3
    """How often a piece of a walk may lose its worker before the walk counts as failed."""
    SWEEP_SECONDS: kinds.Number = 2.0
    """How often each worker looks for lost pieces, and says that it is alive."""
    LINE_SECONDS: kinds.NumberOrZero = 1.0
    """For how long a web process shows the picture of the line that it has."""


class Retention(Group):
    """What is kept, and how long"""

    KEEP_ENDED_DAYS: kinds.Number = 14.0
    """For how many days a walk is kept that failed, was cancelled or refused, with what was painted of it (see [what is
    kept](deploy.md#what-is-kept))."""
    KEEP_PHOTOS_HOURS: kinds.Number = 24.0
    """For how many hours a picture is kept that was brought; walks made of it keep a copy for as long as they are
    there."""
    KEEP_CANDIDATES_HOURS: kinds.Number = 24.0
    """For how many hours the candidate pictures of a stop are kept that a visitor asked for; what they chose is in
    their walk."""


class Pages(Group):
    """Pages"""

    PAGE_SIZE: kinds.Count = 12
    """How many walks a page of the gallery holds."""
    EXHIBITION: kinds.Switch = True
    """Whether `make run` hangs the first exhibition, thirteen walks shipped with the project, where no walk was ever
    made."""
    SOURCE_URL: str = ""
    """Where the source is; linked from each page unless empty."""
    CONTACT: str = ""
    """How to reach you; shown on the about page unless empty."""
    TEAM: kinds.Members = []
    """Who made this: a list of `{name, role, url}`, the last two optional; shown on the about page unless empty."""


class Settings(Places, Signing, Deployment, Monitoring, Limits, Painting, Reliability, Retention, Pages):
    """All settings, checked: each alone, then those that depend on one another."""

    def model_post_init(self, _context: Any) -> None:
        """Check the settings that depend on one another.

        :raises ValueError: with a message that names them.
        """
        bounds = [(name, each) for name in FIELDS for each in marks(name, kinds.AtLeast)]
        for name, (other, reason) in bounds:
            if getattr(self, name) < getattr(self, other):
                raise ValueError(f"MOMA_{name} must be no less than MOMA_{other}{reason and f': {reason}'}.")
        if bool(self.LANGUAGE_MODEL) != bool(self.LANGUAGE_MODEL_URL):
            raise ValueError("MOMA_LANGUAGE_MODEL and MOMA_LANGUAGE_MODEL_URL must be set together, or neither.")


GROUPS: tuple[type[Group], ...] = Settings.__bases__
FIELDS = {name: field for group in GROUPS for name, field in group.model_fields.items()}
DEFAULTS: dict[str, Any] = {name: field.default for name, field in FIELDS.items()}


def marks(name: str, kind: type[Mark]) -> list[Mark]:
    """List what is said of a setting besides its type."""
    return [each for each in FIELDS[name].metadata if isinstance(each, kind)]
