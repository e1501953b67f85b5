"""Faults put into the code by chance, to see which tests find them: ``python -m tests.support.mutants --help``.

Each fault changes one expression or statement of a function. Draws follow from a seed, so the same faults can be put
into another commit's tree and its tests held against them.
"""

import argparse
import ast
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

AREAS = {
    "rights": ("app/access/auth", "app/site/admin", "app/site/web"),
    "storage": ("app/storage",),
    "queue": ("app/walks/queue",),
    "requests": ("app/requests/walk_requests",),
    "reading": ("app/reading",),
    "pages": ("app/site/pages", "app/site/presentation"),
}
OTHER = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">",
    ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
TIMEOUT_S = 900
PROBE = '__import__("probe_hits").hit({number})'


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: the text between two offsets of a file, and what stands there instead."""

    area: str
    path: str
    line: int
    start: int
    end: int
    was: str
    becomes: str
    statement: int  # the line before which a probe may be put

    def words(self) -> str:
        """Return in words what is changed."""
        return f"{self.path}:{self.line}: {' '.join(self.was.split())} -> {self.becomes}"


def changes(node: ast.AST, text: str) -> Iterator[tuple[ast.AST, str]]:
    """List what a node may become: the part to replace, and its new text."""

    def source(part: ast.AST) -> str:
        return ast.get_source_segment(text, part) or ""

    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            yield node, f"({source(left)}) {OTHER[type(op)]} ({source(right)})"
        case ast.BoolOp(op=op, values=[first, second]):
            yield node, f"({source(first)}) {'or' if isinstance(op, ast.And) else 'and'} ({source(second)})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield node, f"({source(operand)})"
        case ast.Constant(value=bool() as value):
            yield node, str(not value)
        case ast.Constant(value=int() as value):
            yield node, str(value + 1)
        case ast.Expr(value=ast.Call()):
            yield node, "pass"
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield value, "None"


def within(function: ast.AST) -> Iterator[tuple[ast.stmt, ast.AST]]:
    """List the nodes of a function with the statements that they are in; annotations and inner functions left out."""
    todo: list[tuple[ast.stmt, ast.AST]] = [(each, each) for each in function.body]  # type: ignore[attr-defined]
    while todo:
        statement, node = todo.pop()
        yield statement, node
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "decorator_list", "returns"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not isinstance(child, (ast.FunctionDef, ast.Lambda)):
                    todo.append((child if isinstance(child, ast.stmt) and name != "orelse" else statement, child))


def mutants(root: Path, area: str) -> list[Mutant]:
    """List all faults that can be put into an area."""
    found = []
    for path in sorted(path for folder in AREAS[area] for path in (root / folder).rglob("*.py")):
        text = path.read_text("utf-8")
        starts = [0, *(i + 1 for i, letter in enumerate(text) if letter == "\n")]

        def at(line: int, column: int, text: str = text, starts: list[int] = starts) -> int:
            row = text[starts[line - 1] :].partition("\n")[0]
            return starts[line - 1] + len(row.encode()[:column].decode())

        for function in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)):
            for statement, node in within(function):
                for part, becomes in changes(node, text):
                    start, end = at(part.lineno, part.col_offset), at(part.end_lineno, part.end_col_offset)  # type: ignore[attr-defined]
                    name = str(path.relative_to(root))
                    found.append(
                        Mutant(area, name, part.lineno, start, end, text[start:end], becomes, statement.lineno)
                    )  # type: ignore[attr-defined]
    return found


def draw(root: Path, seed: int, each: int) -> list[Mutant]:
    """Draw so many faults of each area."""
    rng = random.Random(seed)
    return [mutant for area in AREAS for mutant in rng.sample(mutants(root, area), each)]


def put(root: Path, mutant: Mutant) -> None:
    """Put a fault into a tree whose code is that from which it was drawn.

    :raises LookupError: when another text is there.
    """
    file = root / mutant.path
    text = file.read_text("utf-8")
    if text[mutant.start : mutant.end] != mutant.was:
        raise LookupError(mutant.words())
    file.write_text(text[: mutant.start] + mutant.becomes + text[mutant.end :], "utf-8")


def probe(root: Path, drawn: list[Mutant]) -> None:
    """Insert a call at each place of a fault, which reports that it is reached: ``probe_hits.hit(number)``."""
    by_file: dict[str, list[tuple[int, int]]] = {}
    for number, mutant in enumerate(drawn):
        by_file.setdefault(mutant.path, []).append((mutant.statement, number))
    for path, places in by_file.items():
        lines = (root / path).read_text("utf-8").split("\n")
        for line, number in sorted(places, reverse=True):
            row = lines[line - 1]
            lines.insert(line - 1, row[: len(row) - len(row.lstrip())] + PROBE.format(number=number))
        (root / path).write_text("\n".join(lines), "utf-8")
        ast.parse("\n".join(lines))


def found_by(root: Path, mutant: Mutant, tests: list[str], python: str) -> str:
    """Put a fault into a tree, run tests until one fails, and take the fault out; return the test, or nothing."""
    file = root / mutant.path
    whole = file.read_bytes()
    put(root, mutant)
    try:
        command = [python, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests]
        # Bytecode of the sound file, or of the one with the fault, might be taken for the other's.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        ran = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return f"no end within {TIMEOUT_S} seconds"
    finally:
        file.write_bytes(whole)
    failed = [
        line.split(" ")[1] for line in ran.stdout.splitlines() if line.startswith(("FAILED tests", "ERROR tests"))
    ]
    return (failed or [f"status {ran.returncode}"])[0] if ran.returncode not in (0, 5) else ""


def main() -> int:
    """Draw faults, put probes, or hold tests against them."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=59)
    parser.add_argument("--each", type=int, default=10, help="faults of each area")
    parser.add_argument("--tree", type=Path, default=Path.cwd(), help="the tree in which they are put: a copy")
    parser.add_argument("--probe", action="store_true", help="put probes in, and end")
    parser.add_argument("--reached", type=Path, help="JSON: a list of tests for each number; runs those")
    asked = parser.parse_args()
    drawn = draw(asked.tree, asked.seed, asked.each)
    if asked.probe:
        probe(asked.tree, drawn)
        return 0
    reached = json.loads(asked.reached.read_text()) if asked.reached else {}
    for number, mutant in enumerate(drawn):
        line = {"number": number, **asdict(mutant), "words": mutant.words()}
        if asked.reached:
            line["found by"] = found_by(
                asked.tree, mutant, reached.get(str(number), []) or ["--version"], sys.executable
            )
        print(json.dumps(line), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
