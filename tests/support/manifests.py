"""Render deploy/k8s and look it over: ``python -m tests.support.manifests``. Uses kubectl's own kustomize."""

import functools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from app.core.config import ROOT
from tests.support.needs import KUSTOMIZE_MIN, kubectl

FOLDER = ROOT / "deploy" / "k8s"
OVERLAYS = sorted(path.parent.name for path in FOLDER.glob("overlays/*/kustomization.yaml"))
KUBERNETES = ("1.32", "1.37")
"""The oldest and the newest version whose schemas the manifests must fit."""
KEDA = Path(__file__).with_name("schemas") / "keda.json"

Manifest = dict[str, Any]


@functools.cache
def rendered(overlay: str) -> tuple[Manifest, ...]:
    """Render an overlay as ``kubectl apply -k`` would."""
    command = [kubectl() or "kubectl", "kustomize", str(FOLDER / "overlays" / overlay)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode or result.stderr:
        raise ValueError(result.stderr)
    return tuple(yaml.safe_load_all(result.stdout))


def flaws(manifest: Manifest) -> list[str]:
    """Name what of a manifest does not fit its schema: Kubernetes' own, or KEDA's."""
    import jsonschema  # here, because importing it takes every process of a test run more than a second
    import kubernetes_validate

    if manifest["apiVersion"].startswith("keda.sh/"):
        schemas = json.loads(KEDA.read_text("utf-8"))
        schema = schemas[manifest["kind"]]
        return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(manifest)]
    found = []
    for version in KUBERNETES:
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append(f"Kubernetes {version}: {error.message}")
    return found


def pods(manifests: tuple[Manifest, ...]) -> Iterator[tuple[str, Manifest]]:
    """Give the pods that manifests make, each with the name of what makes it."""
    for manifest in manifests:
        if manifest["kind"] in ("Deployment", "StatefulSet", "Job"):
            yield f"{manifest['kind']} {manifest['metadata']['name']}", manifest["spec"]["template"]


def main() -> int:
    """Render and validate every overlay; return 1 if one has a flaw."""
    if kubectl() is None:
        print(f"*** NOT RUN: this machine has no kubectl with kustomize {KUSTOMIZE_MIN} or newer. ***")
        return 1
    status = 0
    for overlay in OVERLAYS:
        found = rendered(overlay)
        wrong = [(each["kind"], each["metadata"]["name"], flaw) for each in found for flaw in flaws(each)]
        print(f"{overlay:8} {len(found)} manifests, flaws: {len(wrong)}")
        for line in wrong:
            print("        ", *line)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
