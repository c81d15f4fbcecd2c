"""LabelSelector as a field: what is written, and that it is replaced as a whole."""

from __future__ import annotations

from kregistry.meta.labelselector import LabelSelector, LabelSelectorRequirement
from kregistry.runtime import Codec


def test_an_empty_selector_is_an_empty_object_and_not_nothing() -> None:
    assert Codec().encode(LabelSelector()) == b"{}"


def test_a_requirement_always_tells_its_key_and_operator() -> None:
    assert Codec().to_dict(LabelSelectorRequirement()) == {"key": "", "operator": ""}


def test_a_selector_survives_the_wire() -> None:
    selector = LabelSelector(
        match_labels={"app": "web"},
        match_expressions=[
            LabelSelectorRequirement(key="tier", operator="In", values=["front", "back"]),
            LabelSelectorRequirement(key="old", operator="DoesNotExist"),
        ],
    )
    codec = Codec()
    assert codec.decode(codec.encode(selector), LabelSelector) == selector
    assert codec.to_dict(selector)["matchExpressions"][1] == {
        "key": "old",
        "operator": "DoesNotExist",
    }


def test_server_side_apply_replaces_a_selector_as_a_whole() -> None:
    assert LabelSelector.map_type == "atomic"
    assert LabelSelectorRequirement.map_type == ""
