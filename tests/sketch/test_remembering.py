"""What is kept: the latest that was made, within a number of bytes, one thing for all threads."""

from concurrent.futures import ThreadPoolExecutor

from sketch.remembering import SizedCache


def test_what_was_made_is_not_made_again() -> None:
    made: list[str] = []
    held = SizedCache(lambda asked: made.append(asked) or asked * 2, len)  # type: ignore[func-returns-value]
    assert [held.get("ab"), held.get("c"), held.get("ab")] == ["abab", "cc", "abab"]
    assert made == ["ab", "c"]


def test_no_more_is_kept_than_fits_and_what_was_asked_for_last_stays() -> None:
    made: list[str] = []
    held = SizedCache(lambda asked: made.append(asked) or asked, len, most=6)  # type: ignore[func-returns-value]
    for asked in ("aa", "bb", "cc", "aa", "dd", "aa", "cc", "bb"):
        assert held.get(asked) == asked
        assert sum(map(len, held._values)) == held._bytes <= 6
    assert made == ["aa", "bb", "cc", "dd", "bb"]


def test_what_is_too_large_is_handed_out_and_drives_nothing_away() -> None:
    made: list[str] = []
    held = SizedCache(lambda asked: made.append(asked) or asked, len, most=6)  # type: ignore[func-returns-value]
    assert [held.get("small"), held.get("far too large"), held.get("small")] == ["small", "far too large", "small"]
    assert made == ["small", "far too large"]


def test_threads_may_share_it() -> None:
    held = SizedCache(lambda asked: bytes([asked]) * 10, len, most=100)
    asked = [number % 23 for number in range(4000)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(held.get, asked)) == [bytes([number]) * 10 for number in asked]
    assert held._bytes == sum(map(len, held._values.values())) <= 100
