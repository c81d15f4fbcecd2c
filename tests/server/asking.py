"""Client: asks an APIServer, and reads what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import attrs

from kregistry.server import APIServer, EventStream, Request, Response

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"


@attrs.frozen
class Told:
    """What came back.

    Attributes:
        status: HTTP status.
        body: The document, or the text if it is none.
        response: The whole answer.
    """

    status: int
    body: Any
    response: Response

    @property
    def message(self) -> str:
        """What a Status says to people."""
        found = self.body["message"]
        assert isinstance(found, str)
        return found

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.response.headers.all("warning")

    def header(self, name: str) -> str:
        return self.response.headers.get(name)


class Client:
    """Sends requests to a server. Bodies that are no bytes are sent as JSON."""

    def __init__(self, server: APIServer, headers: Mapping[str, str] | None = None) -> None:
        self.server = server
        self._headers = dict(headers or {})

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Told:
        answer = self._handle(method, path, body, query, headers)
        assert isinstance(answer, Response), "this is a stream"
        return Told(answer.status, _read(answer.body), answer)

    def stream(
        self,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> EventStream:
        answer = self._handle("GET", path, None, query, headers)
        assert isinstance(answer, EventStream), answer.body
        return answer

    def get(self, path: str, **more: Any) -> Told:
        return self.ask("GET", path, **more)

    def post(self, path: str, body: Any, **more: Any) -> Told:
        return self.ask("POST", path, body, **more)

    def put(self, path: str, body: Any, **more: Any) -> Told:
        return self.ask("PUT", path, body, **more)

    def delete(self, path: str, body: Any = None, **more: Any) -> Told:
        return self.ask("DELETE", path, body, **more)

    def patch(self, path: str, body: Any, kind: str = "merge", **more: Any) -> Told:
        headers = {"content-type": f"application/{kind}-patch+json", **more.pop("headers", {})}
        return self.ask("PATCH", path, body, headers=headers, **more)

    def _handle(
        self,
        method: str,
        path: str,
        body: Any,
        query: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
    ) -> Response | EventStream:
        target = f"{path}?{urlencode(query, doseq=True)}" if query else path
        data = body if isinstance(body, bytes) else b"" if body is None else _json(body)
        sent = {**self._headers, **(headers or {})}
        return self.server.handle(Request.of_target(method, target, headers=sent, body=data))


def config_map(name: str = "a", **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": data or {"a": "1"},
    }


def pod(name: str = "web", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "c", "image": "i"}], **spec},
    }


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
