"""Metrics: requests and watches are counted, and clients cannot make up what they are told by."""

from __future__ import annotations

import pytest
from asking import CONFIGMAPS, PODS, Client, config_map

from kregistry.meta.object import Object
from kregistry.server import APIServer, Settings
from kregistry.server.metrics import BUCKETS
from kregistry.storage import Interface


def metrics(client: Client) -> dict[str, float]:
    told = client.get("/metrics")
    assert told.header("content-type").startswith("text/plain; version=0.0.4")
    lines = [line for line in told.body.splitlines() if not line.startswith("#")]
    found = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}
    assert len(found) == len(lines), "a line is there twice"
    return found


def about(verb: str, resource: str, scope: str, **more: str) -> str:
    pairs = {
        "component": "apiserver", "group": "", "resource": resource, "scope": scope,
        "subresource": "", "verb": verb, "version": "v1" if resource else "", **more,
    }  # fmt: skip
    return "{" + ",".join(f'{name}="{pairs[name]}"' for name in sorted(pairs)) + "}"


def test_requests_are_counted_by_what_was_answered(client: Client) -> None:
    client.post(CONFIGMAPS, config_map())
    client.post(CONFIGMAPS, config_map())
    for _ in range(3):
        client.get(f"{CONFIGMAPS}/a")
    found = metrics(client)
    name = "apiserver_request_total"
    assert found[name + about("POST", "configmaps", "namespace", code="201")] == 1
    assert found[name + about("POST", "configmaps", "namespace", code="409")] == 1
    assert found[name + about("GET", "configmaps", "resource", code="200")] == 3


def test_durations_add_up(client: Client) -> None:
    for _ in range(5):
        client.get(CONFIGMAPS)
    found = metrics(client)
    name = "apiserver_request_duration_seconds"
    labels = ("LIST", "configmaps", "namespace")
    counts = [found[f"{name}_bucket{about(*labels, le=str(limit))}"] for limit in BUCKETS]
    assert counts == sorted(counts)
    assert found[f"{name}_bucket{about(*labels, le='+Inf')}"] == 5
    assert found[f"{name}_count{about(*labels)}"] == 5
    assert found[f"{name}_sum{about(*labels)}"] > 0


def test_watches_are_counted_while_they_are_open(client: Client) -> None:
    name = "apiserver_longrunning_requests" + about("WATCH", "configmaps", "namespace")
    first, second = (client.stream(CONFIGMAPS, query={"watch": "1"}) for _ in range(2))
    assert metrics(client)[name] == 2
    first.close()
    first.close()
    assert metrics(client)[name] == 1
    second.close()
    assert metrics(client)[name] == 0


@pytest.mark.parametrize("path", ["/apis/{}/v1/things", f"{PODS}/a/{{}}", "/{}", "/api/v1/{}"])
def test_what_clients_make_up_is_counted_together(client: Client, path: str) -> None:
    client.get(path.format("first"))
    before = metrics(client)
    for number in range(50):
        client.get(path.format(f'x{number}"'))
        client.ask(f"METHOD{number}", path.format("x"))
    after = metrics(client)
    assert not [line for line in after if "x1" in line or "method" in line.lower()]
    assert len(after) <= len(before) + 3 * (len(BUCKETS) + 4)


def test_what_breaks_is_counted_too(memory: Interface[Object]) -> None:
    def broken() -> None:
        raise RuntimeError

    client = Client(APIServer(memory, Settings(checks={"broken": broken})))
    client.get("/readyz")
    name = "apiserver_request_total"
    assert metrics(client)[name + about("GET", "", "", code="500")] == 1
