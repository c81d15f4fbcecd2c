"""Objects: what a test asks the server itself, through the same REST layer as everybody.

Objects are plain dicts, as JSON has them: every client can compare its own with them. What the
server refuses is raised as the :class:`~kregistry.StatusError` that it would send.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from kregistry.kube.front import CarryOut
from kregistry.kube.kinds import Kinds
from kregistry.meta.errors import NotFound, StatusError
from kregistry.meta.gvk import GroupResource, GroupVersion
from kregistry.meta.serverresponse import generic_server_response
from kregistry.meta.status import Status
from kregistry.runtime.codec import Codec
from kregistry.runtime.errors import DecodeError
from kregistry.server import APIResource, EventStream, Request, Response

#: How a test's own requests introduce themselves.
USER_AGENT: Final = "kregistry-kube"

#: An object as JSON has it.
Tree = dict[str, Any]

_JSON: Final = "application/json"
_MERGE: Final = "application/merge-patch+json"


class Objects:
    """Asks in the name of whoever holds *token*.

    Args:
        carry_out: Answers.
        token: Sent with every request.
        kinds: Finds resources.
    """

    def __init__(self, carry_out: CarryOut, token: str, kinds: Kinds) -> None:
        self._carry_out = carry_out
        self._kinds = kinds
        self._headers = {"authorization": f"Bearer {token}", "user-agent": USER_AGENT}

    def get(self, what: str, name: str, namespace: str) -> Tree:
        """One object, or a part of one: ``pods``, ``Pod``, ``deployments/scale``.

        Raises:
            NotFound: There is none (404).
            ValueError: There is no such resource.
        """
        __tracebackhide__ = True
        word, _, part = what.partition("/")
        served = self._kinds.find(word)
        found: Tree = self.ask("GET", path_of(served, namespace, _named(name), part))
        return found

    def all(self, what: str, namespace: str, query: Mapping[str, str]) -> list[Tree]:
        """The objects of one namespace, or of all if *namespace* is "".

        A list that the server wants to give in pieces is read to its end.
        """
        __tracebackhide__ = True
        served = self._kinds.find(what)
        path, more = path_of(served, namespace), dict(query)
        items: list[Tree] = []
        resource = served.resource
        typed = {"apiVersion": resource.api_version, "kind": resource.kind}
        while True:
            page = self.ask("GET", path, query=more)
            items += [{**typed, **item} for item in page["items"]]
            token = page["metadata"].get("continue")
            if not token:
                return items
            more["continue"] = token

    def delete(self, what: str, name: str, namespace: str, options: Tree) -> Tree:
        """Delete one object; the object if it is only marked, else what the server says."""
        __tracebackhide__ = True
        served = self._kinds.find(what)
        gone: Tree = self.ask("DELETE", path_of(served, namespace, _named(name)), options)
        return gone

    def create(self, served: APIResource, namespace: str, tree: Tree) -> Tree:
        """Create an object."""
        __tracebackhide__ = True
        made: Tree = self.ask("POST", path_of(served, namespace), tree)
        return made

    def merge(self, served: APIResource, namespace: str, name: str, patch: Tree) -> Tree:
        """Merge *patch* into an object."""
        __tracebackhide__ = True
        path = path_of(served, namespace, name)
        merged: Tree = self.ask("PATCH", path, patch, content_type=_MERGE)
        return merged

    def find(self, served: APIResource, namespace: str, name: str) -> Tree | None:
        """An object; None if there is none."""
        try:
            found: Tree = self.ask("GET", path_of(served, namespace, name))
        except NotFound:
            return None
        return found

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = _JSON,
    ) -> Any:
        """What the server answers, if it is no failure.

        Raises:
            StatusError: It is one.
        """
        __tracebackhide__ = True  # who reads a failed test knows what was asked
        answer = self._carry_out(
            Request.of_target(
                method,
                f"{path}?{urlencode(query)}" if query else path,
                headers={**self._headers, "content-type": content_type, "accept": _JSON},
                body=b"" if body is None else json.dumps(body).encode(),
            )
        )
        if isinstance(answer, EventStream):
            answer.close()
            raise ValueError(f"{path} is a stream; read it with a client")
        if answer.status >= 400:
            raise _error(method, answer)
        return json.loads(answer.body)


def path_of(served: APIResource, namespace: str, name: str = "", part: str = "") -> str:
    """Where an object or a collection is served."""
    resource = served.resource
    version = GroupVersion(resource.group, resource.version)
    prefix = f"/apis/{version.group}" if version.group else "/api"
    within = f"/namespaces/{quote(namespace, safe='')}" if resource.namespaced and namespace else ""
    words = [f"{prefix}/{version.version}{within}/{resource.plural}"]
    if name:
        words.append(quote(name, safe=""))
    if part:
        words.append(quote(part, safe=""))
    return "/".join(words)


def _named(name: str) -> str:
    if not isinstance(name, str) or not name:
        raise ValueError(f"an object has a name, which is a text that is not empty, not {name!r}")
    return name


def _error(method: str, answer: Response) -> StatusError:
    try:
        return StatusError.from_status(_CODEC.decode(answer.body, Status))
    except DecodeError:
        said = answer.body.decode(errors="replace")
        return generic_server_response(answer.status, method, GroupResource("", ""), "", said)


_CODEC: Final = Codec()
