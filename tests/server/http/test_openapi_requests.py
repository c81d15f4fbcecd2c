"""Requests made from our OpenAPI documents by somebody who knows nothing else of us."""

from __future__ import annotations

import pytest
from openapifuzz import Fuzz

from kregistry.server import APIServer
from kregistry.server.threaded import ThreadedServer

#: The long form takes all of them; see openapifuzz.py.
GROUPS = ("api", "api/v1", "apis/apps/v1", "apis/policy/v1", "version")


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("group", GROUPS)
def test_whatever_the_documents_allow_is_no_fault_of_the_server(
    running: ThreadedServer, server: APIServer, group: str
) -> None:
    fuzz = Fuzz(server, running.url, examples=2)
    fuzz.try_group(group)
    assert fuzz.faults == []
    assert fuzz.codes.total() > 0


def test_every_document_that_is_chosen_is_there(running: ThreadedServer, server: APIServer) -> None:
    assert set(GROUPS) <= set(Fuzz(server, running.url, examples=1).groups())
