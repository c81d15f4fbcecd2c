"""Wire: a client that speaks plain HTTP, so that a test sees every byte."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlencode, urlsplit

import attrs

from kregistry.kube import Kube

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"


def config_map(name: str = "a", **data: str) -> dict[str, Any]:
    metadata = {"name": name}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


@attrs.frozen
class Heard:
    """What came back: status, document, and header fields with names in lower case."""

    status: int
    body: Any
    headers: Mapping[str, str]


@contextmanager
def asked(
    kube: Kube,
    method: str,
    path: str,
    body: Any = None,
    *,
    query: Mapping[str, Any] | None = None,
    agent: str = "wire/1",
) -> Iterator[HTTPResponse]:
    """The answer to a request, as it comes, on a connection of its own."""
    connection = HTTPConnection(urlsplit(kube.url).netloc, timeout=20)
    headers = {
        "authorization": f"Bearer {kube.token}",
        "user-agent": agent,
        "content-type": "application/merge-patch+json" if method == "PATCH" else "application/json",
    }
    target = f"{path}?{urlencode(query)}" if query else path
    data = None if body is None else json.dumps(body)
    try:
        connection.request(method, target, data, headers)
        yield connection.getresponse()
    finally:
        connection.close()


def ask(kube: Kube, method: str, path: str, body: Any = None, **more: Any) -> Heard:
    """The whole answer to a request."""
    with asked(kube, method, path, body, **more) as answer:
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Heard(answer.status, json.loads(answer.read()), headers)


@contextmanager
def watched(kube: Kube, path: str = CONFIGMAPS, **query: Any) -> Iterator[HTTPResponse]:
    """An open watch; read it with :func:`event`."""
    with asked(kube, "GET", path, query={"watch": "true", **query}) as answer:
        yield answer


def event(answer: HTTPResponse) -> dict[str, Any] | None:
    """The next event; None after the end."""
    line = answer.readline()
    found: dict[str, Any] | None = json.loads(line) if line else None
    return found
