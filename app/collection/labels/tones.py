"""The known tone that is nearest to a visitor's word."""

from functools import lru_cache

from app.collection.search import semantic_search
from app.collection.search.vector_index import SourceError
from app.core.text.embedding import Embedding, Floats
from app.core.text.folding import folded

LIKE = 0.45
"""The least cosine similarity of words with a similar meaning."""

WORDS = {
    "quirky": """odd whimsical eccentric playful weird surreal absurd cheeky strange offbeat zany random nerdy mad
        schräg skurril verspielt seltsam verrückt absurd kurios frech eigenwillig""",
    "funny": """humorous comic hilarious witty joking silly ironic sarcastic amusing comedic goofy satirical
        lustig witzig komisch humorvoll ironisch albern spaßig heiter-ironisch sarkastisch""",
    "serious": """sober formal solemn factual grave neutral dry plain professional scientific academic matter-of-fact
        thoughtful angry strict business boring earnest ernst sachlich nüchtern formell feierlich trocken neutral seriös
        wissenschaftlich streng""",
    "happy": """cheerful joyful bright sunny optimistic enthusiastic excited glad delighted warm upbeat friendly kind
        merry jolly fröhlich glücklich heiter freudig begeistert sonnig vergnügt optimistisch herzlich freundlich""",
    "poetic": """lyrical dreamy melancholic melancholy romantic wistful sad tender mysterious nostalgic gloomy dark
        quiet elegant spooky dramatic sentimental lovely sorrowful mournful tragic lonely tearful bittersweet
        unhappy depressing poetisch verträumt lyrisch melancholisch romantisch traurig zart geheimnisvoll
        nostalgisch wehmütig düster still dramatisch""",
}
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
