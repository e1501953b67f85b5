"""The compose files, read without a container engine."""

import re
from typing import Any

import yaml

from app.core.config import ROOT

COMPOSE = ROOT / "deploy" / "compose.yaml"
WITH_BUCKET = ROOT / "deploy" / "compose.bucket.yaml"
OF_THE_MODEL = {"MOMA_VAE", "MOMA_TRANSFORMER", "MOMA_OFFLOAD", "MOMA_MODELS_KEPT"}
"""Settings that workers are given only where ``deploy/.env`` names them."""
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::-([^}]*)|:\?[^}]*)?\}")


def services(*, with_bucket: bool = False) -> dict[str, dict[str, Any]]:
    """Read the services, what they share put in, and the second file laid over the first as compose does it."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    return _laid_over(found, yaml.safe_load(WITH_BUCKET.read_text("utf-8"))["services"]) if with_bucket else found


def filled(values: dict[str, str], *, of: Any = None) -> Any:
    """Return the services with the variables of ``deploy/.env`` filled in, as compose does: ``${NAME:-default}``."""
    node = services() if of is None else of
    if isinstance(node, dict):
        return {key: filled(values, of=value) if value is not None else None for key, value in node.items()}
    if isinstance(node, list):
        return [filled(values, of=value) for value in node]
    if isinstance(node, str):
        return VARIABLE.sub(lambda found: values.get(found[1]) or found[2] or "", node)
    return node


def _laid_over(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: _laid_over(below[key], it) if key in below else it for key, it in above.items()}}
    return [*below, *above] if isinstance(below, list) else above
