"""What is served beside the resources: health, the list of paths, and what others add."""

from __future__ import annotations

import pytest
from asking import Client

from kregistry.meta.object import Object
from kregistry.server import APIServer, Response, Settings
from kregistry.server.call import Call
from kregistry.storage import Interface


@pytest.mark.parametrize("name", ["healthz", "livez", "readyz"])
def test_health_is_told_in_a_word(client: Client, name: str) -> None:
    told = client.get(f"/{name}")
    assert (told.status, told.body) == (200, "ok")
    assert told.header("content-type") == "text/plain; charset=utf-8"
    assert told.header("x-content-type-options") == "nosniff"


@pytest.mark.parametrize("name", ["healthz", "livez", "readyz"])
def test_health_is_told_in_detail(client: Client, name: str) -> None:
    told = client.get(f"/{name}?verbose")
    assert told.body == f"[+]ping ok\n[+]etcd ok\n{name} check passed\n"
    told = client.get(f"/{name}?verbose&exclude=etcd&exclude=nothing")
    assert told.body == (
        "[+]ping ok\n[+]etcd excluded: ok\nwarn: some health checks cannot be excluded: "
        f'no matches for "nothing"\n{name} check passed\n'
    )


def test_each_check_can_be_asked_for(client: Client) -> None:
    assert client.get("/livez/ping").body == "ok"
    assert client.get("/readyz/etcd").body == "ok"
    assert client.get("/readyz/nothing").status == 404


def test_what_fails_is_told_without_its_reason(memory: Interface[Object]) -> None:
    def broken() -> None:
        raise RuntimeError("secret detail")

    client = Client(APIServer(memory, Settings(checks={"disk": broken})))
    told = client.get("/readyz")
    assert told.status == 500
    assert told.body == (
        "[+]ping ok\n[+]etcd ok\n[-]disk failed: reason withheld\nreadyz check failed\n"
    )
    assert client.get("/readyz?exclude=disk").status == 200
    assert "secret" not in client.get("/livez/disk").body


def test_a_store_that_is_closed_is_not_ready() -> None:
    from kregistry.storage import Config, factory

    with factory.create(Config()) as storage:
        server = APIServer(storage)
    assert "[-]etcd failed" in Client(server).get("/readyz").body


def test_health_is_only_read(client: Client) -> None:
    told = client.ask("POST", "/healthz")
    assert (told.status, told.header("allow")) == (405, "GET, HEAD")


def test_the_root_lists_what_is_served(client: Client) -> None:
    paths = client.get("/").body["paths"]
    assert paths == sorted(paths)
    assert {"/", "/healthz", "/readyz/ping"} <= set(paths)


def test_others_add_paths_of_their_own(server: APIServer) -> None:
    def version(call: Call) -> Response:
        return Response(body=call.request.path.encode())

    server.paths.add("/version", version)
    server.paths.add_prefix("/docs/", version)
    server.paths.add_prefix("/docs/deep/", lambda call: Response(body=b"deep"))
    client = Client(server)
    assert client.get("/version").body == "/version"
    assert client.get("/version/").body == "/version/"
    assert client.get("/docs/a/b").body == "/docs/a/b"
    assert client.get("/docs/deep/x").body == "deep"
    assert client.get("/docsx").status == 404
    with pytest.raises(ValueError, match="ends in a slash"):
        server.paths.add_prefix("/docs", version)
    assert "/docs/" in client.get("/").body["paths"]
