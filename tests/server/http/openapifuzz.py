"""Requests made from our OpenAPI documents: whatever they say, no answer may be our fault.

The suite makes a few for each operation of some groups. The long form makes as many as it is told
for each operation of all groups::

    python tests/server/http/openapifuzz.py --examples 50
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from kregistry.server import APIServer, Request, Response
from kregistry.server.threaded import ThreadedServer
from kregistry.storage import Config, factory

#: Seconds for an answer to begin.
PATIENCE = 20.0

#: What every other request is about.
NAME, NAMESPACE = "a", "default"

#: What upstream answers with, too, where there is no node to ask.
_NO_NODE = (503,)


class Fuzz:
    """Sends requests to a server on loopback, and keeps count.

    Args:
        server: The server whose documents are read.
        url: Where it listens.
        examples: Requests for each operation.

    Attributes:
        codes: How often each status was answered.
        faults: One line for each answer that was the server's fault.
    """

    def __init__(self, server: APIServer, url: str, *, examples: int) -> None:
        self.codes: Counter[int] = Counter()
        self.faults: list[str] = []
        self._server = server
        self._url = url
        self._settings = settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )

    def groups(self) -> list[str]:
        """The paths of the documents, such as ``apis/apps/v1``."""
        return list(self._document("/openapi/v3")["paths"])

    def try_group(self, group: str) -> None:
        """Send requests to every operation of one document."""
        operations = list(self._operations(group))
        for operation in operations:
            self._create(operation)
        for operation in operations:
            self._try(operation)

    def _create(self, operation: Any) -> None:
        """Have an object that later requests are about, where a name is all that one needs."""
        kind = operation.definition.raw.get("x-kubernetes-group-version-kind")
        if operation.method != "post" or not kind or "{name}" in operation.path:
            return
        version = f"{kind['group']}/{kind['version']}" if kind["group"] else kind["version"]
        document = {"apiVersion": version, "kind": kind["kind"], "metadata": {"name": NAME}}
        self._server.handle(
            Request.of_target(
                "POST",
                operation.path.replace("{namespace}", NAMESPACE),
                headers={"content-type": "application/json"},
                body=json.dumps(document).encode(),
            )
        )

    def _try(self, operation: Any) -> None:
        @self._settings
        @given(case=operation.as_strategy())
        def run(case: Any) -> None:
            # Every other request is about something that may be there.
            if sum(self.codes.values()) % 2:
                known = {"namespace": NAMESPACE, "name": NAME}
                case.path_parameters.update(
                    {name: known[name] for name in case.path_parameters if name in known}
                )
            asked = case.as_transport_kwargs(base_url=self._url)
            # A watch may last: only the status is waited for.
            with requests.request(**asked, timeout=PATIENCE, stream=True) as answer:
                self.codes[answer.status_code] += 1
                if answer.status_code >= 500 and answer.status_code not in _NO_NODE:
                    told = f"{answer.status_code} {answer.text[:200]!r}"
                    self.faults.append(f"{answer.request.method} {answer.request.url}: {told}")

        run()

    def _operations(self, group: str) -> Iterator[Any]:
        schema = schemathesis.openapi.from_dict(self._document(f"/openapi/v3/{group}"))
        return (found.ok() for found in schema.get_all_operations())

    def _document(self, path: str) -> dict[str, Any]:
        answer = self._server.handle(Request.of_target("GET", path))
        assert isinstance(answer, Response)
        document: dict[str, Any] = json.loads(answer.body)
        return document


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=20, help="requests for each operation")
    parser.add_argument("groups", nargs="*", help="documents, such as apis/apps/v1; default: all")
    options = parser.parse_args()
    with factory.create(Config()) as storage:
        server = APIServer(storage)
        server.create_namespaces()
        with ThreadedServer(server) as running:
            fuzz = Fuzz(server, running.url, examples=options.examples)
            for group in options.groups or fuzz.groups():
                fuzz.try_group(group)
                print(group, dict(sorted(fuzz.codes.items())), *fuzz.faults, sep="\n  ", flush=True)
                fuzz.faults.clear()
    return 1 if any(code >= 500 and code not in _NO_NODE for code in fuzz.codes) else 0


if __name__ == "__main__":
    raise SystemExit(main())
