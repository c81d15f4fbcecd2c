from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kregistry.storage import sortedmap
from kregistry.storage.sortedmap import SortedMap

_KEY = st.text("abc/-.0", max_size=4)


@given(
    st.lists(st.tuples(st.booleans(), _KEY), max_size=60),
    st.lists(st.tuples(_KEY, _KEY, st.integers(0, 5)), max_size=5),
)
def test_it_agrees_with_a_sorted_dict_whatever_the_size_of_chunks(
    changes: list[tuple[bool, str]], queries: list[tuple[str, str, int]]
) -> None:
    usual, sortedmap._CHUNK = sortedmap._CHUNK, 2
    try:
        check(changes, queries)
    finally:
        sortedmap._CHUNK = usual


def check(changes: list[tuple[bool, str]], queries: list[tuple[str, str, int]]) -> None:
    found, model = SortedMap[int](), dict[str, int]()
    for number, (add, key) in enumerate(changes):
        if not add:
            found.discard(key)
            model.pop(key, None)
        elif key in model:
            found.replace(key, number)
            model[key] = number
        else:
            found.add(key, number)
            model[key] = number
        assert len(found) == len(model)
    for start, end, limit in queries:
        expected = sorted(key for key in model if start <= key < end)
        span = found.span(start, end)
        assert list(found.keys(span)) == expected
        assert found.values(span, limit) == [model[key] for key in expected][: limit or None]
        assert found.count(span) == len(expected)
        assert (start in found) == (start in model)


def test_a_hundred_thousand_keys_stay_in_order() -> None:
    found = SortedMap[int]()
    for number in range(100_000):
        place = number * 7919 % 100_000
        found.add(f"{place:06}", place)
    assert list(found.keys(found.span("050000", "050003"))) == ["050000", "050001", "050002"]
    assert found.count(found.span("000000", "1")) == 100_000
    assert found.values(found.span("000000", "1")) == list(range(100_000))
    assert found.values(found.span("000100", "1"), 3000) == list(range(100, 3100))
