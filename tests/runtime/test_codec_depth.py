"""Nesting up to the limit works everywhere; one level more is refused everywhere."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from kregistry.meta.object import Object
from kregistry.runtime import Codec, DecodeError, EncodeError, Limits, Unstructured
from kregistry.runtime.scan import depth

CAP = Limits().max_depth


@attrs.define
class Node:
    child: Node | None = None
    children: list[Node] = attrs.field(factory=list)
    by_name: dict[str, Node] = attrs.field(factory=dict)
    free: dict[str, Any] | None = None


def nested(levels: int) -> dict[str, Any]:
    """A dict that nests so many levels, itself included, lists among them."""
    tree: Any = {}
    for level in range(levels - 1):
        tree = [tree] if level % 2 else {"a": tree}
    return tree if isinstance(tree, dict) else {"a": tree[0]} if levels < 2 else {"a": tree}


def untyped(levels: int) -> Unstructured:
    """An object whose JSON nests so many levels."""
    tree: Any = {}
    for level in range(levels - 2):
        tree = [tree] if level % 2 else {"a": tree}
    return Unstructured(api_version="a.example/v1", kind="A", content={"spec": tree})


@pytest.mark.parametrize("levels", [CAP - 1, CAP])
def test_free_content_may_nest_up_to_the_limit(codec: Codec, levels: int) -> None:
    obj = untyped(levels)
    data = codec.encode(obj)
    assert depth(data) == levels
    assert codec.decode(data, Unstructured) == obj
    assert codec.decode_any(data) == obj
    assert codec.decode_strict(data, Unstructured).obj == obj
    assert codec.copy(obj) == obj
    assert codec.from_dict(codec.to_dict(obj), Unstructured) == obj
    assert codec.encode(codec.copy(obj)) == data


def test_free_content_may_not_nest_deeper(codec: Codec) -> None:
    obj = untyped(CAP + 1)
    with pytest.raises(EncodeError, match="nested too deeply"):
        codec.encode(obj)
    data = b'{"apiVersion":"a.example/v1","kind":"A","spec":%s}' % (b"[" * CAP + b"]" * CAP)
    with pytest.raises(DecodeError, match=f"exceeded max depth: the limit is {CAP} levels"):
        codec.decode_strict(data, Unstructured)
    assert codec.copy(obj) == obj


def chain(levels: int, link: str) -> Node:
    """Nodes linked so that their JSON nests so many levels."""
    node = Node()
    step = 1 if link == "child" else 2
    for _ in range((levels - 1) // step):
        if link == "child":
            node = Node(child=node)
        elif link == "children":
            node = Node(children=[node])
        else:
            node = Node(by_name={"n": node})
    return node


@pytest.mark.parametrize("link", ["child", "children", "by_name"])
@pytest.mark.parametrize("levels", [CAP - 1, CAP])
def test_recursive_classes_may_nest_up_to_the_limit(codec: Codec, link: str, levels: int) -> None:
    node = chain(levels, link)
    data = codec.encode(node)
    assert levels - 1 <= depth(data) <= levels
    assert codec.decode(data, Node) == node
    assert codec.decode_strict(data, Node).obj == node
    assert codec.copy(node) == node


@pytest.mark.parametrize("link", ["child", "children", "by_name"])
def test_recursive_classes_may_not_nest_deeper(codec: Codec, link: str) -> None:
    with pytest.raises(EncodeError, match="nested too deeply"):
        codec.encode(chain(CAP + 2, link))


def test_free_content_counts_from_the_top_of_the_object(codec: Codec) -> None:
    node = Node(free=nested(CAP - 2))
    for _ in range(1):
        node = Node(child=node)
    assert depth(codec.encode(node)) == CAP
    with pytest.raises(EncodeError, match="nested too deeply"):
        codec.encode(Node(child=node))


@pytest.mark.parametrize("link", ["child", "children", "by_name", "free"])
def test_what_contains_itself_is_refused(codec: Codec, link: str) -> None:
    node = Node()
    if link == "child":
        node.child = node
    elif link == "children":
        node.children = [node]
    elif link == "by_name":
        node.by_name = {"n": node}
    else:
        node.free = {}
        node.free["a"] = [node.free]
    message = "cannot {} a Node: nested too deeply, or contains itself"
    with pytest.raises(EncodeError) as caught:
        codec.encode(node)
    assert str(caught.value) == message.format("write")
    with pytest.raises(EncodeError) as caught:
        codec.copy(node)
    assert str(caught.value) == message.format("copy")


def test_a_limit_can_be_lower_but_not_much_higher(codec: Codec) -> None:
    low = Codec(limits=Limits(max_depth=3))
    assert low.decode_strict(b'{"a":[[]]}', Unstructured)
    with pytest.raises(DecodeError, match="the limit is 3 levels"):
        low.decode_strict(b'{"a":[[[]]]}', Unstructured)
    with pytest.raises(EncodeError):
        low.encode(Node(child=Node(child=Node(child=Node()))))
    with pytest.raises(ValueError, match="max_depth"):
        Limits(max_depth=10_000)
    with pytest.raises(ValueError, match="max_depth"):
        Limits(max_depth=0)


def test_bytes_of_strangers_in_the_store_cannot_exhaust_the_stack(codec: Codec) -> None:
    for levels in (250, 900, 5_000, 100_000):
        data = b'{"apiVersion":"v1","kind":"A","spec":%s}' % (b"[" * levels + b"]" * levels)
        try:
            obj: Object = codec.decode_any(data)
        except DecodeError:
            continue
        with pytest.raises(EncodeError):
            codec.encode(obj)


def test_depth_is_measured_outside_of_strings() -> None:
    assert depth(b"7") == 0
    assert depth(b"{}") == 1
    assert depth(b'{"[[[":["]]]"],"a":{}}') == 2
    assert depth(b'{"a\\"[[[":[]}') == 2
    assert depth(b'{"a\\\\":[]}') == 2
    assert depth(b"]]]][[") == 0
