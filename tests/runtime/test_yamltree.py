"""YAML as trees: what documents mean to the API server, and which are refused."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kregistry.runtime.yamltree import MAX_NESTING, YAMLProblem, documents


def tree_of(text: str) -> Any:
    (found,) = documents(text.encode())
    return found.tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1", -1),
        ("+1", 1),
        ("1_000", 1000),
        ("0x1F", 31),
        ("010", 8),
        ("0o10", 8),
        ("0b11", 3),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 18446744073709551616.0),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("08", 8.0),
        ("y", True),
        ("No", False),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ('"true"', "true"),
        ("!!str 1", "1"),
        ("!!int 1", 1),
        ("!!float 1", 1),
        ("! 1", "1"),
        ("22:22", "22:22"),
        ("1:30.5", "1:30.5"),
        ("=", "="),
        ("<<", "<<"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("1.2.3", "1.2.3"),
        ("0x", "0x"),
        ("0xg", "0xg"),
        ("-", None),
        ("1e999", "1e999"),
        ("\u0663", "\u0663"),
    ],
)
def test_a_scalar_means_what_it_means_to_the_api_server(text: str, value: Any) -> None:
    found = tree_of(f"a: {text}\n" if text != "-" else "a:\n")["a"]
    assert (found, type(found)) == (value, type(value))


def test_what_no_json_can_say_is_left_to_who_reads_on() -> None:
    found = tree_of("[.inf, -.inf, .nan]")
    assert found[:2] == [math.inf, -math.inf]
    assert math.isnan(found[2])


def test_keys_are_text() -> None:
    assert tree_of("{1: a, true: b, ~: c, 1.5: d, x: e}") == {
        "1": "a",
        "true": "b",
        "null": "c",
        "1.5": "d",
        "x": "e",
    }


def test_a_key_that_is_there_twice_is_told_and_the_last_one_counts() -> None:
    (found,) = documents(b"a: 1\nb: {c: 1, c: 2}\na: 3\n1: x\n'1': z\n")
    assert found.tree == {"a": 3, "b": {"c": 2}, "1": "z"}
    assert found.repeated == [
        'line 2: key "c" already set in map',
        'line 3: key "a" already set in map',
        'line 5: key "1" already set in map',
    ]


def test_a_stream_has_as_many_documents_as_it_likes() -> None:
    assert [each.tree for each in documents(b"a: 1\n---\n- 2\n---\n...\n")] == [
        {"a": 1},
        [2],
        None,
    ]
    assert list(documents(b"")) == []


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [b]\nc: *a",
        "a: &a [*a]",
        "*a",
        "a: !!binary aGk=",
        "{!!binary aGk=: b}",
        "a: !!set {b, c}",
        "a: !!omap [b: c]",
        "a: !!timestamp 2026-01-01",
        "a: !!python/object/apply:os.system [id]",
        "a: !!int x",
        "a: !!int 1:1",
        "a: !!int true",
        "a: !!bool 1",
        "a: !mine b",
        "!!map [a]",
        "{[a]: b}",
        "{{a: b}: c}",
        "? [a]\n: b",
        "a: [",
        "\x00",
        'a: "\\ud800"',
        "%YAML 9.9\n---\na: b",
    ],
)
def test_what_json_cannot_say_is_refused(text: str) -> None:
    with pytest.raises(YAMLProblem):
        list(documents(text.encode()))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(YAMLProblem):
        list(documents(b"a: \xff"))


@pytest.mark.parametrize("piece", ["[", "{a: ", "- ", "? "])
def test_what_is_nested_beyond_all_bounds_is_refused(piece: str) -> None:
    with pytest.raises(YAMLProblem):
        list(documents((piece * 100_000).encode()))


def test_what_is_nested_within_the_bounds_is_read() -> None:
    found = tree_of("[" * MAX_NESTING + "]" * MAX_NESTING)
    for _ in range(MAX_NESTING - 1):
        (found,) = found
    assert found == []


@pytest.mark.timeout(20)
@pytest.mark.parametrize("number", ["1" + ":1" * 700_000, "0x" + "f" * 1_400_000, "9" * 1_400_000])
def test_a_long_number_costs_no_more_than_a_long_text(number: str) -> None:
    assert tree_of(f"a: {number}") == {"a": number}


_TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]))
_TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | _TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(_TEXTS, inner),
    max_leaves=20,
)


@given(tree=_TREES)
def test_every_json_document_is_yaml_of_the_same_meaning(tree: Any) -> None:
    assert tree_of(json.dumps(tree, ensure_ascii=False)) == tree


def test_without_the_c_library_it_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert tree_of("a: [1, {b: 22:22}]") == {"a": [1, {"b": "22:22"}]}
    with pytest.raises(YAMLProblem):
        list(documents(b"a: &a [*a]"))
