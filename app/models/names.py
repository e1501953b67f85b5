"""How settings name a model: a folder, a single file, or ``owner/name[@revision]`` on the Hugging Face hub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from app.models.errors import ModelError

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
    """A model as a setting names it: a `path`, or a `repository` of the hub with a `revision` ("" for its newest)."""

    setting: str
    path: Path | None = None
    repository: str = ""
    revision: str = ""

    @property
    def is_file(self) -> bool:
        """Return whether it is a single file."""
        return self.path is not None and self.path.is_file()


def parse(setting: str) -> ModelName:
    """Return what a setting names.

    :raises ModelError: when it is neither a folder nor a file that is there, nor a name on a hub.
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
    """Replace a ``~`` at the start by the home folder; return other settings, and unknown users' homes, unchanged."""
    try:
        return str(Path(setting).expanduser()) if setting.startswith("~") else setting
    except RuntimeError:
        return setting
