"""Names of models in settings: a folder, a single file, or ``owner/name[@revision]`` on the Hugging Face hub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from app.core.models.errors import ModelError

HUB_NAME = re.compile(r"(?P<repository>\w[\w.-]*/[\w.-]+)(?:@(?P<revision>(?!\S*\.\.)[\w.][\w./-]*))?")
COMMIT = re.compile(r"[0-9a-f]{40}")
PICKLES = (".ckpt", ".bin", ".pt", ".pth", ".pkl")
FILES = (".safetensors", ".gguf", ".sft", *PICKLES)
USABLE = (
    "Name a folder as diffusers saves it, a .safetensors file, or a name on the Hugging Face hub, such as"
    " stabilityai/sdxl-turbo."
)


@dataclass(frozen=True, slots=True)
class ModelName:
    """A model's name: either a `path`, or a `repository` of the hub with a `revision` (``""`` for the newest)."""

    setting: str
    path: Path | None = None
    repository: str = ""
    revision: str = ""

    @property
    def is_file(self) -> bool:
        """Return whether the model is a single file."""
        return self.path is not None and self.path.is_file()


def parse(setting: str) -> ModelName:
    """Parse a model's name as it stands in a setting.

    :raises ModelError: when it is neither an existing folder or file, nor a name on the hub.
    """
    path = Path(expand(setting))
    if path.exists():
        return ModelName(setting, path)
    if path.suffix.lower() in FILES:
        raise ModelError(f"The model file {path} is missing.")
    if hub := HUB_NAME.fullmatch(setting):
        return ModelName(setting, repository=hub["repository"], revision=hub["revision"] or "")
    if "@" in setting or "://" in setting:
        raise ModelError(f"The model {setting} is neither a folder nor a name on the Hugging Face hub. {USABLE}")
    raise ModelError(f"The model folder {path} is missing.")


def expand(setting: str) -> str:
    """Return a path with a leading ``~`` expanded to the home folder; one of an unknown user stays unchanged."""
    try:
        return str(Path(setting).expanduser()) if setting.startswith("~") else setting
    except RuntimeError:
        return setting
