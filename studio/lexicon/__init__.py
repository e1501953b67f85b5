"""The reader's lexicon, distilled: which words mean which drawing, from names, keywords, WordNet and what we know."""

__all__ = ["distilling", "packing", "vocabulary", "wordnet"]
