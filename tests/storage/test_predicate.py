from __future__ import annotations

from typing import Any

import pytest

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.runtime import fields, labels
from kregistry.storage.predicate import EVERYTHING, SelectionPredicate

obj = Object(metadata=ObjectMeta(name="a", namespace="ns", labels={"name": "foo"}))


def predicate(label: str = "", field: str = "", **rest: Any) -> SelectionPredicate:
    return SelectionPredicate(label=labels.parse(label), field=fields.parse(field), **rest)


def fail(_: object) -> Any:
    raise ValueError("no attributes")


@pytest.mark.parametrize(
    ("label", "field", "matches"),
    [
        ("name=foo", "metadata.name=a", True),
        ("name=foo", "metadata.name=b", False),
        ("name=bar", "metadata.name=a", False),
        ("name!=bar", "metadata.name!=b", True),
        ("", "", True),
    ],
)
def test_labels_and_fields_must_both_match(label: str, field: str, matches: bool) -> None:
    selected = predicate(label, field)
    assert selected.matches(obj) is matches
    assert (
        selected.matches_object_attributes(
            {"name": "foo"}, {"metadata.name": "a", "metadata.namespace": "ns"}
        )
        is matches
    )


def test_what_cannot_tell_its_attributes_does_not_match() -> None:
    broken = predicate("name=foo", get_attrs=fail)
    with pytest.raises(ValueError, match="no attributes"):
        broken.matches(obj)
    assert not broken.selects(obj)


def test_an_empty_predicate_does_not_ask_for_attributes() -> None:
    assert EVERYTHING.empty
    assert predicate(get_attrs=fail).matches(obj)


def test_a_pinned_name_is_known_unless_a_token_is_given() -> None:
    assert predicate(field="metadata.name=a").matches_single() == "a"
    assert predicate(field="metadata.name=a", continue_="x").matches_single() is None
    assert predicate(field="metadata.name!=a").matches_single() is None
    assert predicate("metadata.name=a").matches_single() is None
    assert predicate(field="metadata.namespace=ns").matches_single_namespace() == "ns"
    assert predicate(field="metadata.namespace=n", continue_="x").matches_single_namespace() is None


FIELDS = {"index_fields": ("spec.nodeName",)}
NAMESPACE = {"index_fields": ("metadata.namespace",)}
LABELS = {"index_labels": ("app",)}


@pytest.mark.parametrize(
    ("selected", "namespace", "entries"),
    [
        (predicate(), "", []),
        (predicate(field="spec.nodeName=x"), "", []),
        (predicate(field="spec.nodeName=x", **FIELDS), "", [("f:spec.nodeName", "x")]),
        (predicate(**NAMESPACE), "ns", [("f:metadata.namespace", "ns")]),
        (
            predicate(field="metadata.namespace=other", **NAMESPACE),
            "ns",
            [("f:metadata.namespace", "other")],
        ),
        (predicate(**NAMESPACE), "", []),
        (predicate("app=web", **LABELS), "", [("l:app", "web")]),
        (
            predicate("app=web", "spec.nodeName=x", **LABELS, **FIELDS),
            "",
            [("f:spec.nodeName", "x"), ("l:app", "web")],
        ),
        (predicate(field="spec.nodeName!=x", **FIELDS), "", []),
        (predicate("app!=web", **LABELS), "", []),
    ],
)
def test_index_entries_come_from_what_is_pinned(
    selected: SelectionPredicate, namespace: str, entries: list[tuple[str, str]]
) -> None:
    assert selected.matcher_index(Context(namespace=namespace)) == entries
