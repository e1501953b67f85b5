"""The prompt parser's lexicon: which words mean which drawing, from names, keywords, WordNet and a list of our own."""

__all__ = ["distilling", "packing", "vocabulary", "wordnet"]
