"""All settings with their types, defaults, ranges and help texts.

``python -m app.core.settings.pages`` generates ``docs/reference/settings.md`` and ``instance/settings.example.toml``
from this table.
A class is a group of settings, and its docstring the heading; the text beneath a setting is its help, in Markdown.
"""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from app.core.settings import kinds

Mark = TypeVar("Mark")
V1_1 = kinds.Since("1.1.0")
V1_2 = kinds.Since("1.2.0")


class Group(BaseModel):
    """A group of settings. Only `Settings` validates values, so a group's own validator is not built."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", validate_default=True, defer_build=True)


class Places(Group):
    """Locations. Database and media are in the instance folder unless an address is set."""

    DATABASE_URL: Annotated[
        kinds.DatabaseURL | None,
        kinds.Unset("`moma.sqlite` in the instance folder", "postgresql://moma@localhost/moma"),
    ] = None
    """The database: an SQLAlchemy URL of SQLite or Postgres."""
    DATABASE_POOLER: Annotated[kinds.Switch, V1_2] = False
    """Whether `DATABASE_URL` leads to a pooler that lends a connection for one transaction, such as PgBouncer: nothing
    is then kept in a session. See [a pooler](../how-to/operators/scale.md#a-pooler-in-front-of-postgres)."""
    REDIS_URL: Annotated[kinds.RedisURL | None, kinds.Unset("none", "redis://localhost:6379/0")] = None
    """The URL of Redis. Without one, `make run` starts its own Redis, and the admin commands find that."""
    MEDIA_URL: Annotated[str | None, kinds.Unset("`media` in the instance folder", "s3://bucket/moma")] = None
    """The media store, for pictures and films: a folder, or an fsspec URL such as `s3://bucket/moma` (see [object
    storage](../how-to/operators/object-storage.md))."""
    MEDIA_PUBLIC_URL: kinds.PublicAddress = ""
    """A public URL of the files in `MEDIA_URL`, such as `https://pictures.example.org/moma`: pages then load films and
    posters of listed walks from there. Read [what that gives
    away](../how-to/operators/object-storage.md#a-public-address) first."""
    MODEL: kinds.Location = "models/house"
    """The model: a folder or a `.safetensors` file, taken from the project's root if it is relative (`~` is the home
    folder), or a name on the hub, `owner/name` or `owner/name@revision`. See [your own
    model](../how-to/operators/own-model.md)."""
    MODELS: kinds.Locations = []
    """Further models that visitors can choose, named as in `MODEL`, which is the default. See [models](models.md)."""
    MODELS_KEPT: kinds.Count = 2
    """How many models a worker keeps in memory; when there are more, the least recently used one is unloaded."""
    MODEL_CACHE: Annotated[kinds.Location, V1_1] = ""
    """The folder into which models are downloaded from the hub; empty: the hub client's own, which `HF_HOME` or
    `HF_HUB_CACHE` moves."""
    DEVICE: kinds.Device = "auto"
    """The device that generates: `auto`, `cpu`, `cuda` (`cuda:1` is the second GPU) or `mps`."""
    TRANSFORMER: Annotated[kinds.Location, V1_1] = ""
    """A network that replaces that of `MODEL`, for FLUX.1, Stable Diffusion 3, Z-Image and FLUX.2 klein: a
    `.safetensors` file in the keys of the original implementation, or a `.gguf` file (with the extra `gguf`). Text
    encoders and VAE are the folder's. See [your own model](../how-to/operators/own-model.md)."""
    VAE: Annotated[kinds.Location, V1_1] = ""
    """A VAE that replaces that of `MODEL`: a folder as diffusers saves it, or a `.safetensors` file; one made for other
    latents is refused. See [your own model](../how-to/operators/own-model.md#when-memory-is-short)."""
    OFFLOAD: Annotated[
        Literal["auto", "model", "sequential", "off"], kinds.Must("be auto, model, sequential or off"), V1_1
    ] = "auto"
    """What is moved off the GPU while it is not used: `auto` decides by the free memory; `off` keeps everything there;
    `model` moves one part of the model at a time, `sequential` one layer. Ignored on a CPU."""
    LORAS: Annotated[
        kinds.Location | None, kinds.Unset("`loras` in the instance folder", "/srv/models/loras"), V1_1
    ] = None
    """The folder of the LoRA files, read by the site and by workers; `flask loras add` writes it. See [LoRA
    files](../how-to/operators/loras.md)."""
    EMBEDDINGS: Annotated[
        kinds.Location | None, kinds.Unset("`embeddings` in the instance folder", "/srv/models/embeddings"), V1_1
    ] = None
    """The folder of the textual inversion files (`.safetensors`), read by the site and by workers; prompts name them by
    their file names. See [prompts](../how-to/visitors/prompts.md#embeddings)."""
    MEANING: kinds.Location = "models/meaning"
    """The folder of the text embeddings for semantic search in the gallery; without one, search matches words only. See
    [search](../explanation/search.md)."""
    EYE: kinds.Location = "models/eye"
    """The folder of the image encoder for search by visual similarity; without one there is none. See
    [search](../explanation/search.md)."""
    BLIP: kinds.Location = ""
    """The folder of a BLIP model, as transformers saves it, with which the worker describes photos; without one the
    image encoder names its nearest concept. See [photos](../how-to/visitors/photos.md)."""
    SAFETY_CHECKER: kinds.Location = ""
    """The classifier that checks generated pictures before they are shown: the folder of diffusers’ safety checker, or
    of an image classifier with a label such as `nsfw`; or `nudenet`, if that package is installed. Without one no
    picture is checked. See [moderation](../how-to/curators/moderation.md#unfit-pictures)."""
    LANGUAGE_MODEL: str = ""
    """The name of a language model that writes captions, as its API knows it; without one a grammar writes them. See
    [captions](../how-to/curators/captions.md)."""
    LANGUAGE_MODEL_URL: Annotated[kinds.WebAddress, kinds.Must("be an address such as http://127.0.0.1:8080/v1")] = ""
    """The URL of that model's OpenAI-compatible API, without `/chat/completions`, such as
    `http://127.0.0.1:8080/v1`."""
    LANGUAGE_MODEL_KEY: Annotated[str, Field(repr=False)] = ""
    """The bearer token for that API."""
    LANGUAGE_MODEL_SECONDS: kinds.Number = 8.0
    """The total time in seconds to wait for an answer, after which the grammar writes the caption."""


class Signing(Group):
    """Secrets and cookies. Without a secret, one is made at the first start and stored beside this file."""

    SECRET_KEY: Annotated[
        str | None, kinds.Unset("made at the first start", kinds.SECRET_EXAMPLE), Field(repr=False)
    ] = None
    """The secret that signs cookies and hashes addresses; at least 16 characters. If it is made at the first start, it
    is stored in `secret_key` in the instance folder."""
    SECRET_KEY_FALLBACKS: kinds.Secrets = []
    """Earlier secrets whose cookies are still valid. To change the secret, put the old one here."""
    METRICS_TOKEN: kinds.Token = ""
    """The bearer token with which other machines may read `/metrics`; at least 16 characters. Empty: only this machine
    may read it. See [metrics](metrics.md)."""
    CURATOR_HASH: kinds.PasswordHash = ""
    """The hash of the password to the [curator’s pages](../how-to/curators/moderation.md) at `/curator`, as
    `flask --app wsgi curator password` prints it. Empty: the pages are off."""


class Deployment(Group):
    """Deployment"""

    PRODUCTION: kinds.Switch = False
    """Enable production mode, for a site that is open to the public: requires a `SECRET_KEY` of at least 32 characters
    that is not repetitive."""
    PROXIES: kinds.CountOrZero = 0
    """The number of trusted reverse proxies, whose headers give the visitor's address and scheme."""
    URL_PREFIX: Annotated[kinds.Subpath, V1_1] = ""
    """The path below which the site is served, such as `/moma`, if requests arrive with it. Leave it empty behind a
    proxy that removes it and sends `X-Forwarded-Prefix` ([reverse proxies](../how-to/operators/reverse-proxies.md))."""
    TRUSTED_HOSTS: Annotated[kinds.Hosts, V1_2] = []
    """The host names under which the site is visited, without ports; `.example.org` stands for all names below it. A
    request for another host is refused (400), except for `/healthz`, `/readyz` and `/metrics`. Empty: all are
    answered."""
    PUBLIC_ORIGIN: Annotated[kinds.PublicOrigin, V1_2] = ""
    """The canonical address of the site, such as `https://moma.example.org`, without `URL_PREFIX`: the feed, the
    sitemap and shared links name it. Empty: they name the host of the request."""
    CORS_ORIGINS: Annotated[kinds.Origins, V1_1] = ""
    """The sites whose pages may use the API and read films in the visitor's browser: origins between spaces or commas,
    such as `https://example.org https://art.example.com`; `*`: all sites. Empty: none
    ([API](../how-to/developers/api.md#from-a-page-of-another-site))."""
    ACCEL_PREFIX: kinds.Prefix = ""
    """The location in nginx that serves the media folder, such as `/_media/`, or fetches from the bucket, such as
    `/_bucket/`. If set, nginx sends the films (X-Accel-Redirect)."""
    HSTS_SECONDS: kinds.CountOrZero = 31_536_000
    """For how many seconds browsers use only https after a visit by https (`Strict-Transport-Security`); 0: the header
    is not sent."""
    LOG_VISITORS: kinds.Switch = False
    """Log visitors' addresses, user agents and query strings in gunicorn's access log; the about page then says so.
    nginx has a setting of the same name (see [reverse
    proxies](../how-to/operators/reverse-proxies.md#access-logs))."""
    LOG_FORMAT: Annotated[Literal["text", "json"], kinds.Must("be text or json")] = "text"
    """The format of log lines: `text`, or `json` for one object in each line. See
    [metrics](metrics.md#from-a-request-to-a-frame)."""


class Monitoring(Group):
    """Monitoring"""

    WORKER_METRICS: kinds.Listener = ""
    """The address at which a worker serves its metrics, such as `127.0.0.1:9109`; further workers of a machine take the
    next ports. Empty: no metrics. See [metrics](metrics.md#metrics-of-a-worker)."""
    SENTRY_DSN: str = ""
    """The DSN of Sentry, to which errors are sent, without visitors' words. See [metrics](metrics.md#sentry)."""


class Limits(Group):
    """Limits"""

    STOPS_MAX: kinds.TwoOrMore = 8
    """The maximum number of stops of a walk."""
    PROMPT_MAX: kinds.Count = 300
    """The maximum length of a prompt in characters."""
    FRAMES_DEFAULT: kinds.TwoOrMore = 24
    """The number of frames of a walk by default."""
    FRAMES_MAX: Annotated[
        kinds.Count, kinds.AtLeast("STOPS_MAX", "each stop is a frame"), kinds.AtLeast("FRAMES_DEFAULT")
    ] = 240
    """The maximum number of frames of a walk."""
    STEPS_MAX: Annotated[kinds.Count, kinds.AtLeast("STEPS")] = 100
    """The maximum number of sampler steps."""
    GUIDANCE_MAX: Annotated[kinds.Number, kinds.AtLeast("GUIDANCE")] = 20.0
    """The maximum guidance scale."""
    HOURLY_WALKS: kinds.Count = 60
    """A visitor's hourly allowance for new and retried walks, in units of a usual walk's work. Visitors are identified
    by cookie on the pages and by address through the API; it is also the default allowance of an [API
    token](../how-to/developers/tokens.md). A longer or finer walk uses more of it, the largest the whole hour; a cached
    result uses next to nothing. Requests for frames in the making have a separate allowance of the same number."""
    HOURLY_WALKS_ADDRESS: Annotated[kinds.Count, kinds.AtLeast("HOURLY_WALKS", "visitors share addresses")] = 240
    """The hourly allowance, in the same units, of all visitors who share one address (of IPv6, a /64)."""
    HOURLY_LEGS: Annotated[kinds.Count, V1_2] = 900
    """How many legs a live wall may request in an hour; then it shows what it has. A screen plays some 740."""
    SHARED_NETWORKS: kinds.Networks = []
    """Networks (`["198.51.100.0/24"]`), such as a museum's or a school's, in which the queue is fair to each visitor.
    In others it is fair to each address, and its visitors share that."""
    LINE_MAX: Annotated[kinds.Count, kinds.AtLeast("LINE_MAX_ADDRESS")] = 10_000
    """The maximum length of the queue, in units of a usual walk's work; more is answered 503, with the time until there
    is room. An empty queue accepts any walk."""
    LINE_MAX_VISITOR: kinds.Count = 60
    """The maximum work of one visitor in the queue, in the same units; more is answered 429. A visitor with nothing in
    the queue may request any walk."""
    LINE_MAX_ADDRESS: Annotated[kinds.Count, kinds.AtLeast("LINE_MAX_VISITOR")] = 240
    """The same for all visitors who share an address (of IPv6, a /64)."""
    DAILY_BYTES_ADDRESS: kinds.Count = 5_000_000_000
    """The maximum size in bytes of the pictures and films of walks requested from one address within 24 hours, and of
    its uploads; more is answered 429. Deleted walks do not count."""
    FREE_BYTES_MIN: kinds.CountOrZero = 1_000_000_000
    """The minimum of free bytes on the disks of the media folder and SQLite's file, below which requests for walks,
    stages and large frames are answered 503; 0: not checked. Object stores and Postgres are not checked."""
    REQUEST_SECONDS: Annotated[kinds.NumberOrZero, V1_2] = 10.0
    """The maximum of processor seconds that a request may take, above which it is answered 503; 0: no limit."""
    BODY_MAX: kinds.Count = 1_000_000
    """The maximum size of a request in bytes."""
    UPLOAD_MAX: kinds.Count = 150_000_000
    """The maximum size in bytes of a film that is uploaded for its recipe; without a `Content-Length`, it is at most
    20 MB. nginx has its own limit."""
    PHOTO_MAX: kinds.Count = 12_000_000
    """The maximum size in bytes of a picture that is uploaded for a stop. nginx has its own limit."""
    PHOTO_PIXELS_MAX: kinds.Count = 40_000_000
    """The maximum number of pixels of an uploaded picture, checked by its header before it is decoded."""
    HOURLY_PHOTOS: kinds.Count = 20
    """The maximum number of pictures a visitor may upload in an hour; through the API, an address or an API token."""
    HOURLY_PHOTOS_ADDRESS: Annotated[kinds.Count, kinds.AtLeast("HOURLY_PHOTOS", "visitors share addresses")] = 80
    """The same for all visitors who share an address."""
    SOUND_MAX: Annotated[kinds.Count, V1_2] = 25_000_000
    """The maximum size in bytes of an uploaded sound. nginx has its own limit."""
    SOUND_SECONDS_MAX: Annotated[kinds.Count, V1_2] = 600
    """The maximum length in seconds of an uploaded sound, checked by its header, and again while it is decoded."""
    SOUND_MEMORY_MAX: Annotated[kinds.Count, V1_2] = 600_000_000
    """The maximum of memory in bytes (address space) of the process that decodes and analyses a sound."""
    SOUND_CPU_SECONDS: Annotated[kinds.Count, V1_2] = 60
    """The maximum of processor seconds of that process."""
    SOUND_WALL_SECONDS: Annotated[kinds.Count, V1_2] = 300
    """The maximum of seconds that that process lives."""
    SOUND_PART_MAX: Annotated[kinds.Count, V1_2] = 120
    """The maximum length in seconds of the part of a sound that a walk is set to, and so of its film."""
    SOUND_PICTURES: Annotated[
        kinds.Count, V1_2, kinds.AtLeast("FRAMES_DEFAULT"), kinds.AtLeast("STOPS_MAX", "each stop is one")
    ] = 240
    """The number of distinct pictures of a film that is set to a sound, at most and by default. Each is shown as long
    as the sound takes."""
    HOURLY_SOUNDS: Annotated[kinds.Count, V1_2] = 10
    """The maximum number of sounds a visitor may upload in an hour; through the API, an address or an API token."""
    HOURLY_SOUNDS_ADDRESS: Annotated[kinds.Count, V1_2, kinds.AtLeast("HOURLY_SOUNDS", "visitors share addresses")] = 40
    """The same for all visitors who share an address."""


class Painting(Group):
    """Painting"""

    FPS: kinds.Number = 12.5
    """The default frames per second of a new walk, rounded so that each frame takes whole hundredths of a second."""
    CACHE: kinds.Switch = True
    """Answer a request that is identical to a finished walk, including the seed, at once with that walk's files."""
    STEPS: kinds.CountOrZero = 0
    """The sampler steps for each frame of a new walk; 0: as its preset says."""
    GUIDANCE: kinds.NumberOrZero = 0.0
    """The guidance scale of a new walk; 1 is no guidance; 0: as its preset says."""


class Reliability(Group):
    """Reliability"""

    QUEUE: str = "moma"
    """The name of the queue in Redis. Two sites on one Redis need two names."""
    LEASE_SECONDS: kinds.Number = 30.0
    """After how many seconds without a heartbeat a worker loses its task to another worker."""
    STUCK_SECONDS: kinds.Number = 600.0
    """After how many seconds without progress a worker exits, to be restarted: longer than the largest model takes to
    load."""
    LOST_MAX: kinds.Count = 3
    """How often a task of a walk may lose its worker before the walk fails."""
    SWEEP_SECONDS: kinds.Number = 2.0
    """The interval in seconds at which each worker looks for lost tasks and sends its heartbeat."""
    LINE_SECONDS: kinds.NumberOrZero = 1.0
    """For how many seconds a web process caches the state of the queue."""


class Retention(Group):
    """What is kept, and how long"""

    KEEP_ENDED_DAYS: kinds.Number = 14.0
    """After how many days failed, cancelled and refused walks are deleted, with their files (see [what is
    kept](../explanation/retention.md#how-long))."""
    KEEP_PHOTOS_HOURS: kinds.Number = 24.0
    """After how many hours an uploaded picture is deleted; walks made of it keep their own copy."""
    KEEP_SOUNDS_HOURS: Annotated[kinds.Number, V1_2] = 24.0
    """After how many hours an uploaded sound is deleted."""
    KEEP_CANDIDATES_HOURS: kinds.Number = 24.0
    """After how many hours the candidate pictures of a stop are deleted; a walk does not need them."""


class Pages(Group):
    """Pages"""

    PAGE_SIZE: kinds.Count = 12
    """The number of walks on a page of the gallery."""
    EXHIBITION: kinds.Switch = True
    """Publish the first exhibition, twenty-four walks shipped with the project, when `make run` starts a site on which
    no walk was ever made."""
    SOURCE_URL: str = ""
    """The URL of the source code; linked from each page unless empty."""
    CONTACT: str = ""
    """The operator's contact; shown on the about page unless empty."""
    TEAM: kinds.Members = []
    """The people who made the site: a list of `{name, role, url}`, the last two optional; shown on the about page
    unless empty."""


class Settings(Places, Signing, Deployment, Monitoring, Limits, Painting, Reliability, Retention, Pages):
    """All settings, validated one by one and then together."""

    def model_post_init(self, _context: Any) -> None:
        """Check the settings that depend on each other.

        :raises ValueError: naming the settings that do not fit together.
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
REMOVED = {"TRACES_URL": "1.2.0"}
"""Settings that a release removed, with that release. A site that still sets one starts, with a warning in its log."""


def marks(name: str, kind: type[Mark]) -> list[Mark]:
    """Return the marks of the type ``kind`` that a setting's annotation holds, such as `kinds.Must`."""
    return [each for each in FIELDS[name].metadata if isinstance(each, kind)]
