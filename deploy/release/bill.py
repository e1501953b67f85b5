"""Write a release's software bill of materials (SBOM) as CycloneDX JSON: ``python -m deploy.release.bill FILE``.

It lists the packages of the web process and the worker, from their lock files, and the shipped works, from
docs/about/licences.md, each with its licence and checksum.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion

from app.core.version import __version__

ROOT = Path(__file__).resolve().parents[2]
LICENCES = ROOT / "docs/about/licences.md"
PROGRAMS = ("web", "worker")
SHIPPED = ("models/", "static/", "templates/", "exhibition/", "app/", "docs/", "studio/")
"""The folders of the works that images, archives and documentation of a release contain, without those of tests."""


class Row(NamedTuple):
    """What the table of licences says of a work: what it is, its licence, and where it comes from."""

    what: str
    licence: str
    origin: str


def packages(program: str) -> list[Component]:
    """Return a component for each package in a program's lock file, sorted.

    :raises subprocess.CalledProcessError: when the lock file cannot be read.
    """
    lock = ROOT / "requirements" / f"{program}.txt"
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--output-reproducible", "--sv", "1.6", str(lock)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return sorted(Bom.from_json(json.loads(ran.stdout)).components)


def licences(name: str, version: str) -> list[DisjunctiveLicense | LicenseExpression]:
    """Return the licences in a package's metadata; empty unless this version of it is installed here."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return []
    if about["Version"].partition("+")[0] != version:  # a local build such as 2.13.0+cpu is of the same sources
        return []
    if expression := about.get("License-Expression"):
        return [LicenseExpression(expression)]
    names = [
        line.rpartition(" :: ")[2] for line in about.get_all("Classifier", []) if line.startswith("License :: OSI")
    ]
    if not names and (field := (about.get("License") or "").strip()) and "\n" not in field:
        names = [field]
    return [DisjunctiveLicense(name=name) for name in names]


def works(table: str) -> list[Component]:
    """Return a component for each shipped work in the Markdown table of licences, whose rows may name it repeatedly.

    :raises FileNotFoundError: when the table names a file that does not exist.
    """
    rows = re.findall(r"^\| (?!what \|)([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)
    found: dict[str, list[Row]] = {}
    for what, where, licence, origin in rows:
        for path in re.findall(r"`([^`]+)`", where):
            if path.startswith(SHIPPED):
                found.setdefault(path, []).append(Row(what, licence, origin))
    return [_work(path, of_path) for path, of_path in found.items()]


def _work(path: str, rows: list[Row]) -> Component:
    is_model = any("weights" in row.what for row in rows)
    return Component(
        name=path,
        version=__version__,
        type=ComponentType.MACHINE_LEARNING_MODEL if is_model else ComponentType.DATA,
        bom_ref=f"work:{path}",
        description="\n".join(f"{row.what}; from: {row.origin}" for row in rows),
        licenses=[DisjunctiveLicense(name=licence) for licence in dict.fromkeys(row.licence for row in rows)],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest(ROOT / path))],
    )


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of a folder: that of its sorted files' digests and names."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    lines = [f"{digest(file)}  {file.relative_to(path)}\n" for file in sorted(path.rglob("*")) if file.is_file()]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def bill() -> Bom:
    """Return the bill of materials."""
    root = Component(
        name="moma-lisa",
        version=__version__,
        type=ComponentType.APPLICATION,
        bom_ref="moma-lisa",
        licenses=[DisjunctiveLicense(id="Apache-2.0")],
    )
    bom, known = Bom(), {}
    bom.metadata.component = root
    programs = []
    for name in PROGRAMS:
        program = Component(name=f"moma-lisa-{name}", version=__version__, type=ComponentType.APPLICATION, bom_ref=name)
        needed = []
        for component in packages(name):
            package = known.setdefault((component.name, component.version), component)
            package.bom_ref.value = f"pypi:{component.name}@{component.version}"
            package.licenses = licences(component.name, str(component.version))
            package.properties.add(Property(name="moma-lisa:program", value=name))
            needed.append(package)
        bom.components.add(program)
        bom.register_dependency(program, needed)
        programs.append(program)
    shipped = works(LICENCES.read_text("utf-8"))
    for component in (*known.values(), *shipped):
        bom.components.add(component)
    bom.register_dependency(root, [*programs, *shipped])
    return bom


def main(arguments: list[str]) -> int:
    """Validate the bill against CycloneDX's schema and write it to a file; return the exit status."""
    if len(arguments) != 1:
        print("Usage: python -m deploy.release.bill FILE", file=sys.stderr)
        return 2
    from cyclonedx.validation.json import JsonStrictValidator  # takes seconds, which the bill itself needs not

    text = JsonV1Dot6(bill()).output_as_string(indent=2)
    if flaw := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        print(f"The bill of materials does not match CycloneDX's schema: {flaw}", file=sys.stderr)
        return 1
    target = Path(arguments[0])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    print(f"{target}: {len(json.loads(text)['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
