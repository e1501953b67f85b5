"""The known tone that is nearest to a visitor's word."""

import tomllib
from functools import lru_cache
from pathlib import Path

from app.collection.search import semantic_search
from app.collection.search.vector_index import SourceError
from app.core.text.embedding import Embedding, Floats
from app.core.text.folding import folded

LIKE = 0.45
"""The least cosine similarity of words with a similar meaning."""

WORDS: dict[str, str] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
"""Other words for each tone, in both languages of the site."""

WORD_LIST = [(tone, word) for tone, words in WORDS.items() for word in (tone, *words.split())]
KNOWN = {folded(word): tone for tone, word in WORD_LIST}


def nearest(word: str) -> str | None:
    """Return the known tone that a word means or is similar to; ``None`` if none is near.

    A known word is looked up. Others are compared, in English, by their word vectors (:mod:`app.core.text.embedding`).
    """
    query = folded(word).strip()
    if query in KNOWN:
        return KNOWN[query]
    try:
        embedding = semantic_search.embedding()
    except SourceError:
        return None
    names, vectors = _table(embedding)
    likeness = vectors @ embedding.embed([query])[0]
    best = int(likeness.argmax())
    return names[best] if likeness[best] >= LIKE else None


@lru_cache(maxsize=2)
def _table(embedding: Embedding) -> tuple[list[str], Floats]:
    return [tone for tone, _word in WORD_LIST], embedding.embed([word for _tone, word in WORD_LIST])
