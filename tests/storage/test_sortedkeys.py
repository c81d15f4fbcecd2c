from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kregistry.storage import sortedkeys
from kregistry.storage.sortedkeys import SortedKeys

_KEY = st.text("abc/-.0", max_size=4)


@given(
    st.lists(st.tuples(st.booleans(), _KEY), max_size=60),
    st.lists(st.tuples(_KEY, _KEY, st.integers(0, 5)), max_size=5),
)
def test_it_agrees_with_a_sorted_list_whatever_the_size_of_chunks(
    changes: list[tuple[bool, str]], queries: list[tuple[str, str, int]]
) -> None:
    usual, sortedkeys._CHUNK = sortedkeys._CHUNK, 2
    try:
        check(changes, queries)
    finally:
        sortedkeys._CHUNK = usual


def check(changes: list[tuple[bool, str]], queries: list[tuple[str, str, int]]) -> None:
    keys, model = SortedKeys(), set()
    for add, key in changes:
        if add and key not in model:
            keys.add(key)
            model.add(key)
        elif not add:
            keys.discard(key)
            model.discard(key)
        assert len(keys) == len(model)
    for start, end, limit in queries:
        expected = sorted(key for key in model if start <= key < end)
        assert list(keys.iterate(start, end)) == expected
        assert keys.take(start, end, limit) == expected[: limit or None]
        assert keys.count(start, end) == len(expected)
        assert (start in keys) == (start in model)


def test_a_hundred_thousand_keys_stay_in_order() -> None:
    keys = SortedKeys()
    for number in range(100_000):
        keys.add(f"{number * 7919 % 100_000:06}")
    assert keys.take("050000", "050003", 0) == ["050000", "050001", "050002"]
    assert keys.count("000000", "1") == 100_000
