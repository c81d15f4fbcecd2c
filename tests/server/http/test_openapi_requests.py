"""Requests made from our OpenAPI documents by somebody who knows nothing else of us."""

from __future__ import annotations

from contextlib import closing

import pytest
from openapifuzz import Fuzz

from kregistry.server import APIServer
from kregistry.server.threaded import ThreadedServer

#: The long form takes all of them; see openapifuzz.py.
GROUPS = {
    "api": (),
    "api/v1": ("configmaps", "pods"),
    "apis/apps/v1": ("deployments",),
    "apis/networking.k8s.io/v1": ("ingresses",),
    "version": (),
}


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("group", "about"), GROUPS.items(), ids=GROUPS)
def test_whatever_the_documents_allow_is_no_fault_of_the_server(
    running: ThreadedServer, server: APIServer, group: str, about: tuple[str, ...]
) -> None:
    with closing(Fuzz(server, running.url, examples=6)) as fuzz:
        fuzz.try_group(group, about=about)
    assert fuzz.faults == []
    assert fuzz.codes.total() > 0
    if about:  # of each method something must succeed, or nothing but refusals is tried
        written = {method for method, code in fuzz.answers if code in (200, 201)}
        assert {"POST", "GET", "PUT", "PATCH", "DELETE"} <= written


def test_every_document_that_is_chosen_is_there(running: ThreadedServer, server: APIServer) -> None:
    with closing(Fuzz(server, running.url, examples=1)) as fuzz:
        assert set(GROUPS) <= set(fuzz.groups())
