"""The server answers as a real API server did: every recording, over its whole REST layer."""

from __future__ import annotations

import pytest
from asking import CONFIGMAPS, Client, config_map
from recordings import Recording, load, names
from serverreplay import Conversation

from kregistry.meta.object import Object
from kregistry.server import APIServer, Settings
from kregistry.storage import Interface
from kregistry.testing.clock import FakeClock

#: Recordings of what is not served yet, and what is missing. One that begins to agree fails here.
DIFFERENT = {
    "apply_create_and_own": "server-side apply",
    "crd_defaults_pruning_validation": "custom resource definitions",
    "managed_fields_update": "owners of fields",
}


def prepared(recording: Recording, storage: Interface[Object]) -> APIServer:
    """A server in the state in which the recorded one was."""
    # Its clock stands still, so that what was made just now is still that in a table.
    server = APIServer(storage, Settings(clock=FakeClock()))
    server.create_namespaces(["default", recording.namespace])
    client = Client(server)
    # So that no revision is a number that stands in a message: the 8 of k8s.io, a limit of 63.
    for number in range(130 if recording.name.startswith("validate") else 10):
        assert client.post(CONFIGMAPS, config_map(f"filler-{number}")).status == 201
    return server


def conversation(recording: Recording, storage: Interface[Object]) -> Conversation:
    return Conversation(recording, prepared(recording, storage))


@pytest.mark.parametrize("name", [name for name in names() if name not in DIFFERENT])
def test_the_server_answers_as_recorded(name: str, storage: Interface[Object]) -> None:
    assert conversation(load(name), storage).differences() == []


@pytest.mark.parametrize("name", sorted(DIFFERENT))
def test_what_is_not_served_yet_differs(name: str, memory: Interface[Object]) -> None:
    assert conversation(load(name), memory).differences() != []
