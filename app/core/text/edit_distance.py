"""The edit distance of two words."""


def distance(a: str, b: str, most: int) -> int:
    """Return the edit distance of two words (optimal string alignment: a transposition is one edit).

    Distances above ``most`` are returned as ``most + 1``. Only cells within ``most`` of the diagonal are computed, and
    none for words whose lengths differ by more.
    """
    beyond = most + 1
    if abs(len(a) - len(b)) > most:
        return beyond
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        earlier, before, row = before, row, [i] + [beyond] * len(b)
        for j in range(max(1, i - most), min(len(b), i + most) + 1):
            y = b[j - 1]
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[j] = min(row[j], earlier[j - 2] + 1)
        if min(row) > most:
            return beyond
    return min(row[-1], beyond)
