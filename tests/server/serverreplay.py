"""Recorded conversations, held with an APIServer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from recordings import Recording, differences, dig, filled

from kregistry.server import APIServer, EventStream, Request, Response

_METHODS = {
    "create": "POST",
    "get": "GET",
    "list": "GET",
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "deletecollection": "DELETE",
}
_PATCHES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}

#: Frames that are read at most, and seconds that are waited for each, before a test gives up.
_MOST_FRAMES = 50
_PATIENCE = 5.0


class Conversation:
    """One recording, and a server that has to say the same."""

    def __init__(self, recording: Recording, server: APIServer) -> None:
        self._recording = recording
        self._server = server
        self._normalize = recording.normalizer()
        self._saved: dict[str, Any] = {}
        self._watches: dict[str, Response | EventStream] = {}

    def differences(self) -> list[str]:
        """Everything that differs, one line each."""
        answers = iter(self._recording.answers)
        found: list[str] = []
        for number, raw in enumerate(self._recording.steps):
            step = filled(raw, self._saved)
            self._normalize.asked(step.get("body", ""))
            match step["do"]:
                case "sleep":
                    continue
                case "watch":
                    self._open(step)
                    continue
                case "events":
                    got = self._events(step)
                case _:
                    got = self._ask(step)
            place = f"step {number} ({step['do']}) "
            found += [place + line for line in differences(next(answers), got)]
        return found

    def _ask(self, step: dict[str, Any]) -> dict[str, Any]:
        answer = self._server.handle(request_of(step))
        assert isinstance(answer, Response)
        body = read(answer)
        if step.get("as"):
            self._saved[step["as"]] = body
        got: dict[str, Any] = {
            "do": step["do"],
            "code": answer.status,
            "body": self._normalize(body),
        }
        if warnings := answer.headers.all("warning"):
            got["warnings"] = list(warnings)
        if step.get("only"):
            got["body"] = {path: dig_or_none(got["body"], path) for path in step["only"]}
        return got

    def _open(self, step: dict[str, Any]) -> None:
        query = {"watch": "true", **step.get("query", {})}
        self._watches[step["as"]] = self._server.handle(
            request_of({**step, "do": "get", "query": query})
        )

    def _events(self, step: dict[str, Any]) -> dict[str, Any]:
        answer = self._watches[step["of"]]
        if isinstance(answer, Response):
            return {"do": "events", "code": answer.status, "body": self._normalize(read(answer))}
        events = list(_take(answer, step["count"]))
        answer.close()
        told = [json.loads(frame) for frame in answer.frames]
        assert told == [], "more events than were recorded"
        return {"do": "events", "events": self._normalize(events)}


def _take(stream: EventStream, count: int) -> Iterator[Any]:
    """As many events as were recorded; bookmarks only if they end the initial events."""
    taken = 0
    for _, frame in zip(range(_MOST_FRAMES), stream.frames, strict=False):
        event = json.loads(frame)
        if event["type"] == "BOOKMARK" and "annotations" not in event["object"]["metadata"]:
            continue
        yield event
        taken += 1
        if taken == count:
            return


def request_of(step: dict[str, Any]) -> Request:
    """The request that a step of a recording stands for."""
    headers = {"User-Agent": "probe", **step.get("headers", {})}
    body = b""
    if step["do"] == "patch":
        headers["Content-Type"] = _PATCHES.get(step["kind"], step["kind"])
        sent = step["body"]
        body = (sent if isinstance(sent, str) else json.dumps(sent)).encode()
    elif "raw" in step:
        body = step["raw"].encode()
        headers.setdefault("Content-Type", "application/json")
    elif "body" in step:
        body = json.dumps(step["body"]).encode()
        headers.setdefault("Content-Type", "application/json")
    query = f"?{urlencode(step['query'])}" if step.get("query") else ""
    method = _METHODS.get(step["do"], step["do"])
    return Request.of_target(method, step["path"] + query, headers=headers, body=body)


def read(answer: Response) -> Any:
    """The body, as JSON if it is some."""
    try:
        return json.loads(answer.body)
    except ValueError:
        return answer.body.decode()


def dig_or_none(node: Any, path: str) -> Any:
    try:
        return dig(node, path)
    except (KeyError, IndexError, TypeError):
        return None
