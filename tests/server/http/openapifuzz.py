"""Requests made from our OpenAPI documents: whatever they say, no answer may be our fault.

The suite makes a few for each operation of some groups. The long form makes as many as it is told
for each operation of all groups, and prints how they were answered::

    python tests/server/http/openapifuzz.py --examples 50

The requests for an operation come in five kinds, in turn: mended as a whole, so that something
succeeds; as schemathesis makes them; mended but for one field; about something that is there,
but else as they were made; and with all fields that were made. See :mod:`openapirepair`.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapirepair import Repairs, Taken

from kregistry.server import APIServer, Request, Response
from kregistry.server.threaded import ThreadedServer
from kregistry.storage import Config, factory

#: Seconds for an answer to begin.
PATIENCE = 20.0


class Fuzz:
    """Sends requests to a server on loopback, and keeps count.

    Args:
        server: The server whose documents are read.
        url: Where it listens.
        examples: Requests for each operation.

    Attributes:
        answers: How often each status was answered to each method.
        faults: One line for each answer that was the server's fault.
    """

    def __init__(self, server: APIServer, url: str, *, examples: int) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
        self.faults: list[str] = []
        self._server = server
        self._url = url
        self._repairs = Repairs(server)
        self._session = requests.Session()
        self._settings = settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )

    @property
    def codes(self) -> Counter[int]:
        """How often each status was answered."""
        found: Counter[int] = Counter()
        for (_, code), count in self.answers.items():
            found[code] += count
        return found

    def groups(self) -> list[str]:
        """The paths of the documents, such as ``apis/apps/v1``."""
        return list(self._document("/openapi/v3")["paths"])

    def try_group(self, group: str, *, about: Collection[str] = ()) -> None:
        """Send requests to every operation of one document.

        Args:
            group: Path of the document.
            about: Only to those whose path names one of these; () for all.
        """
        for operation in self._repairs.ordered(self._operations(group)):
            if not about or not set(operation.path.split("/")).isdisjoint(about):
                self._try(operation)

    def close(self) -> None:
        """Leave the server."""
        self._session.close()

    def _try(self, operation: Any) -> None:
        kinds = itertools.cycle([Taken.NOTHING, None, Taken.FIELD, "aimed", Taken.ALL])

        @self._settings
        @given(case=operation.as_strategy())
        def run(case: Any) -> None:
            turn = self.answers.total()
            match next(kinds):
                case "aimed":
                    self._repairs.aim(case, turn)
                case Taken() as taken:
                    self._repairs.mend(case, turn, taken=taken)
            asked = case.as_transport_kwargs(base_url=self._url)
            # A watch may last: only the status is waited for.
            with self._session.request(**asked, timeout=PATIENCE, stream=True) as answer:
                self._note(case, answer)

        run()

    def _note(self, case: Any, answer: requests.Response) -> None:
        code = answer.status_code
        self.answers[case.method, code] += 1
        self._repairs.learn(case, code)
        if code >= 500 and not _as_upstream(case, answer):
            told = f"{code} {answer.text[:200]!r}"
            self.faults.append(
                f"{case.method} {answer.request.url} {answer.request.body!r}: {told}"
            )

    def _operations(self, group: str) -> Iterator[Any]:
        schema = schemathesis.openapi.from_dict(self._document(f"/openapi/v3/{group}"))
        return (found.ok() for found in schema.get_all_operations())

    def _document(self, path: str) -> dict[str, Any]:
        answer = self._server.handle(Request.of_target("GET", path))
        assert isinstance(answer, Response)
        document: dict[str, Any] = json.loads(answer.body)
        return document


def _as_upstream(case: Any, answer: requests.Response) -> bool:
    """Whether the API server answers such a request with such a status, too.

    It does with 503 where there is no node to ask, and with 500 and no reason where a strategic
    merge patch does not fit the type of the object.
    """
    if answer.status_code == 500 and "strategic" in (case.media_type or ""):
        return "reason" not in answer.json()
    return answer.status_code == 503


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=20, help="requests for each operation")
    parser.add_argument("groups", nargs="*", help="documents, such as apis/apps/v1; default: all")
    options = parser.parse_args()
    faults = 0
    with factory.create(Config()) as storage:
        server = APIServer(storage)
        server.create_namespaces()
        with ThreadedServer(server) as running:
            fuzz = Fuzz(server, running.url, examples=options.examples)
            for group in options.groups or fuzz.groups():
                fuzz.try_group(group)
                print(group, dict(sorted(fuzz.codes.items())), *fuzz.faults, sep="\n  ", flush=True)
                faults += len(fuzz.faults)
                fuzz.faults.clear()
            fuzz.close()
    for method in sorted({method for method, _ in fuzz.answers}):
        codes = {code: count for (of, code), count in sorted(fuzz.answers.items()) if of == method}
        print(f"{method}: {codes}")
    print(f"{fuzz.answers.total()} requests, {faults} faults of the server")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
