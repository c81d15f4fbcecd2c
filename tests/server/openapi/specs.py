"""Reading OpenAPI documents, for the tests of what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from kregistry.server.openapi import OpenAPI

METHODS = ("get", "put", "post", "delete", "patch")


def spec(openapi: OpenAPI, place: str) -> dict[str, Any]:
    """One document as a tree."""
    document = openapi.document(place)
    assert document is not None, place
    tree: dict[str, Any] = _parsed(document.body)
    return tree


@cache
def _parsed(body: bytes) -> Any:
    return json.loads(body)


def places(openapi: OpenAPI) -> list[str]:
    """Every document there is."""
    return list(json.loads(openapi.index().body)["paths"])


def operations(tree: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of everything that can be done."""
    for path, item in tree["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def references(tree: Any) -> Iterator[str]:
    """Every reference; a property that happens to be called ``$ref`` is none."""
    if isinstance(tree, dict):
        if isinstance(tree.get("$ref"), str):
            yield tree["$ref"]
        for value in tree.values():
            yield from references(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from references(value)


def resolve(tree: Any, reference: str) -> Any:
    """What a reference stands for."""
    for part in reference.removeprefix("#/").split("/"):
        tree = tree[part]
    return tree


def parameter_names(item: dict[str, Any], method: str, place: str) -> list[str]:
    """Names of the parameters in the path or in the query, shared ones included."""
    found = [*item.get("parameters", ()), *item[method].get("parameters", ())]
    return [parameter["name"] for parameter in found if parameter["in"] == place]
