"""Every built-in kind is served: created, read, listed, watched, shown, changed and deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import Client
from minimal import minimal

from kregistry.core.generics.columns import CELLS, definitions
from kregistry.runtime.unstructured import Unstructured
from kregistry.server import APIServer, Endpoint, Settings
from kregistry.server.builtin import served_resources
from kregistry.server.discovery import builtin_resources
from kregistry.storage import Interface
from kregistry.testing.clock import FakeClock

TABLE = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}

STORED = [
    (facts, resource)
    for facts, resource in served_resources()
    if {"create", "list", "watch"} <= set(facts.verbs)
]


def path_of(resource: Any) -> str:
    root = f"/apis/{resource.api_version}" if resource.group else "/api/v1"
    scope = "/namespaces/default" if resource.namespaced else ""
    return f"{root}{scope}/{resource.plural}"


@pytest.mark.parametrize(
    ("facts", "resource"), STORED, ids=lambda each: getattr(each, "plural", "")
)
def test_objects_of_every_kind_live_and_die(client: Client, facts: Any, resource: Any) -> None:
    path = path_of(resource)
    made = client.post(path, minimal(resource.api_version, resource.kind, "x1"))
    assert made.status == 201, made.body
    assert (made.body["apiVersion"], made.body["kind"]) == (resource.api_version, resource.kind)
    assert client.get(f"{path}/x1").body == made.body

    listed = client.get(path).body
    assert listed["kind"] == resource.list_kind
    assert "x1" in [item["metadata"]["name"] for item in listed["items"]]
    table = client.get(path, headers=TABLE)
    assert (table.status, table.body["kind"]) == (200, "Table")
    (cells,) = [row["cells"] for row in table.body["rows"] if named(row) == "x1"]
    assert len(cells) == len(table.body["columnDefinitions"])

    patched = client.patch(f"{path}/x1", {"metadata": {"labels": {"a": "b"}}})
    assert patched.status == 200, patched.body
    assert patched.body["metadata"]["labels"]["a"] == "b"
    with client.stream(path, query={"watch": "1", "timeoutSeconds": "10"}) as stream:
        event = json.loads(next(stream.frames))
        assert (event["type"], event["object"]["kind"]) == ("ADDED", resource.kind)
    query = {"watch": "1", "timeoutSeconds": "10", "allowWatchBookmarks": "1"}
    with client.stream(path, query=query, headers=TABLE) as stream:
        shown = [json.loads(next(stream.frames)) for _ in listed["items"]]
        end = json.loads(next(stream.frames))
    assert {event["object"]["kind"] for event in [*shown, end]} == {"Table"}
    assert end["type"] == "BOOKMARK"
    assert client.delete(f"{path}/x1").status == 200


def named(row: Any) -> str:
    name: str = row["object"]["metadata"]["name"]
    return name


def test_every_kind_that_is_served_by_default_is_served(server: APIServer) -> None:
    served = {each.resource.gvr for each in server.resources}
    assert served == {facts.gvr for facts in builtin_resources(by_default=True)}
    assert len(served) == 68


def test_every_part_is_served(server: APIServer) -> None:
    missing = {
        f"{facts.plural}/{part.name}"
        for (facts, _), served in zip(served_resources(), server.resources, strict=True)
        for part in facts.subresources
        if part.name not in served.subresources
    }
    assert missing == set()


def test_a_promise_that_a_door_cannot_keep_is_noticed(server: APIServer) -> None:
    served = next(iter(server.resources))
    with pytest.raises(ValueError, match="cannot list a Pod"):
        Endpoint(gvk=served.endpoint.gvk._replace(kind="Pod"), verbs=("list",), door=object())


def test_only_collections_that_are_served_can_be_added_and_removed(server: APIServer) -> None:
    served = next(each for each in server.resources if each.resource.plural == "leases")
    server.resources.remove(served)
    client = Client(server)
    assert client.get("/apis/coordination.k8s.io/v1/leases").body == "404 page not found\n"
    server.resources.add(served)
    assert client.get("/apis/coordination.k8s.io/v1/leases").status == 200


# Status, scale and generation of kinds without a class.


def stateful_set(client: Client) -> str:
    path = "/apis/apps/v1/namespaces/default/statefulsets"
    body = {
        "metadata": {"name": "s"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"a": "b"}}},
        "status": {"replicas": 9},
    }
    made = client.post(path, body)
    assert made.status == 201
    assert "status" not in made.body
    return f"{path}/s"


def test_status_is_written_through_its_own_door_and_nothing_else_is(client: Client) -> None:
    path = stateful_set(client)
    patch = {"spec": {"replicas": 7}, "status": {"readyReplicas": 1}}
    told = client.patch(f"{path}/status", patch)
    assert (told.body["spec"]["replicas"], told.body["status"]) == (2, {"readyReplicas": 1})
    told = client.patch(path, patch | {"status": {"readyReplicas": 5}})
    assert (told.body["spec"]["replicas"], told.body["status"]) == (7, {"readyReplicas": 1})
    assert told.body["metadata"]["generation"] == 2


def test_a_size_is_read_and_written_as_a_scale(client: Client) -> None:
    path = stateful_set(client)
    client.patch(f"{path}/status", {"status": {"replicas": 1}})
    told = client.get(f"{path}/scale")
    assert told.body["apiVersion"] == "autoscaling/v1"
    assert (told.body["kind"], told.body["spec"]) == ("Scale", {"replicas": 2})
    assert told.body["status"] == {"replicas": 1, "selector": "a=b"}
    told = client.patch(f"{path}/scale", {"spec": {"replicas": 5}})
    assert (told.status, told.body["spec"]) == (200, {"replicas": 5})
    scale = client.get(f"{path}/scale").body
    scale["spec"]["replicas"] = 6
    assert client.put(f"{path}/scale", scale).body["spec"] == {"replicas": 6}
    assert client.get(path).body["spec"]["replicas"] == 6
    assert client.put(f"{path}/scale", scale).status == 409
    table = client.get(f"{path}/scale", headers=TABLE).body
    assert [column["name"] for column in table["columnDefinitions"]] == [
        "Name",
        "Desired",
        "Available",
        "Age",
    ]


@pytest.mark.parametrize("replicas", [-1, "x", None])
def test_a_size_that_is_none_is_refused(client: Client, replicas: Any) -> None:
    path = stateful_set(client)
    told = client.put(f"{path}/scale", {"metadata": {"name": "s"}, "spec": {"replicas": replicas}})
    assert told.status in (200, 400, 422)
    assert (told.status == 200) is (replicas is None)
    assert client.get(f"{path}/scale").body["spec"].get("replicas", 0) in (0, 2)


def test_no_part_makes_what_is_not_there(client: Client) -> None:
    path = "/apis/apps/v1/namespaces/default/statefulsets/none"
    for part in ("scale", "status"):
        assert client.get(f"{path}/{part}").status == 404
        told = client.put(f"{path}/{part}", {"metadata": {"name": "none"}, "spec": {}})
        assert told.status == 404


def test_fields_of_a_kind_can_be_selected_by(client: Client) -> None:
    path = "/apis/batch/v1/namespaces/default/jobs"
    for name in ("a", "b"):
        client.post(path, {"metadata": {"name": name}})
    client.patch(f"{path}/a/status", {"status": {"succeeded": 1}})
    found = client.get(path, query={"fieldSelector": "status.successful=1"}).body["items"]
    assert [item["metadata"]["name"] for item in found] == ["a"]
    found = client.get(path, query={"fieldSelector": "status.successful=0"}).body["items"]
    assert [item["metadata"]["name"] for item in found] == ["b"]
    assert client.get(path, query={"fieldSelector": "status.failed=1"}).status == 400


def test_names_of_roles_are_freer_than_others(client: Client) -> None:
    body = {"metadata": {"name": "system:x"}}
    assert client.post("/apis/rbac.authorization.k8s.io/v1/clusterroles", body).status == 201
    assert client.post("/apis/storage.k8s.io/v1/storageclasses", body).status == 422


def test_kinds_that_do_not_count_have_no_generation(client: Client) -> None:
    body = {"metadata": {"name": "a"}}
    made = client.post("/apis/storage.k8s.io/v1/storageclasses", body).body
    assert "generation" not in made["metadata"]
    made = client.post("/apis/networking.k8s.io/v1/ingressclasses", body).body
    assert made["metadata"]["generation"] == 1


# Columns.


def test_every_column_has_a_cell() -> None:
    for kind, cells in CELLS.items():
        assert len(definitions()[kind]) == len(cells), kind
    generic = {r.kind for _, r in served_resources() if r.cls is Unstructured}
    without = generic - set(CELLS)
    assert without <= {"APIService", "ClusterRole", "CustomResourceDefinition", "LimitRange",
                       "Role", "TokenReview", "SelfSubjectReview", "SubjectAccessReview",
                       "LocalSubjectAccessReview", "SelfSubjectAccessReview",
                       "SelfSubjectRulesReview", "Binding", "Event"}  # fmt: skip


HOSTILE: list[Any] = [
    None,
    "x",
    5,
    True,
    [],
    {},
    [None],
    ["x"],
    [[]],
    {"a": None},
    {"a": []},
    10**18,
]


@pytest.mark.parametrize("kind", sorted(CELLS))
@pytest.mark.parametrize("odd", HOSTILE, ids=repr)
def test_no_content_is_too_odd_for_a_cell(kind: str, odd: Any) -> None:
    """Nobody checked what stands in these objects, and a table of them must not fail."""
    now = FakeClock().now()
    members = ("spec", "status", "template", "subsets", "conditions", "subjects", "webhooks",
               "roleRef", "ports", "endpoints", "capacity", "value", "revision")  # fmt: skip
    deep = {name: dict.fromkeys(_INNER, odd) for name in members}
    lists = {name: {inner: [odd, {"a": odd}] for inner in _INNER} for name in members}
    for content in (dict.fromkeys(members, odd), deep, lists):
        obj = Unstructured(api_version="v1", kind=kind, content=content)
        for cell in CELLS[kind]:
            value = cell(obj, now)
            assert isinstance(value, str | int | bool), kind
            json.dumps(value)


_INNER = ("replicas", "selector", "template", "conditions", "rules", "metrics", "paramKind",
          "paramRef", "claimRef", "accessModes", "capacity", "hard", "used", "startTime",
          "completionTime", "completions", "parallelism", "succeeded", "expirationSeconds",
          "parentRef", "loadBalancer", "tls", "parameters", "allocation", "scaleTargetRef",
          "jobTemplate", "nodeSelector", "cidrs", "drivers", "volumeName", "limited",
          "lastScheduleTime", "active", "currentMetrics", "podSelector", "pool")  # fmt: skip


CELL_SAMPLES = [
    ("persistentvolumes", {"spec": {"capacity": {"storage": "5Gi"}, "accessModes": ["ReadWriteMany",
     "ReadWriteOnce"], "claimRef": {"namespace": "n", "name": "c"},
     "persistentVolumeReclaimPolicy": "Retain"}, "status": {"phase": "Bound"}},
     ["x", "5Gi", "RWO,RWX", "Retain", "Bound", "n/c", "", "<unset>", "", "0s", "<unset>"]),
    ("ingresses", {"spec": {"rules": [{"host": "a"}, {}], "tls": [{}], "ingressClassName": "n"},
     "status": {"loadBalancer": {"ingress": [{"ip": "1.1.1.1"}, {"hostname": "h"}]}}},
     ["x", "n", "a,*", "1.1.1.1,h", "80, 443", "0s"]),
    ("jobs", {"spec": {"completions": 3, "selector": {"matchLabels": {"a": "b"}}, "template": {
     "spec": {"containers": [{"name": "c", "image": "i"}]}}}, "status": {"succeeded": 1,
     "conditions": [{"type": "Failed", "status": "True"}]}},
     ["x", "Failed", "1/3", "", "0s", "c", "i", "a=b"]),
    ("cronjobs", {"spec": {"schedule": "* * * * *", "suspend": True}, "status": {"active": [{}]}},
     ["x", "* * * * *", "<none>", True, 1, "<none>", "0s", "<none>", "<none>", "<none>"]),
    ("endpoints", {"subsets": [{"addresses": [{"ip": "1.1.1.1"}, {"ip": "2.2.2.2"}],
     "ports": [{"port": 80}, {"port": 443}]}]},
     ["x", "1.1.1.1:80,2.2.2.2:80,1.1.1.1:443 + 1 more...", "0s"]),
    ("rolebindings", {"roleRef": {"kind": "Role", "name": "r"}, "subjects": [
     {"kind": "User", "name": "u"}, {"kind": "ServiceAccount", "name": "s", "namespace": "n"}]},
     ["x", "Role/r", "0s", "u", "", "n/s"]),
    ("horizontalpodautoscalers", {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "d"},
     "maxReplicas": 5, "metrics": [{"type": "Resource", "resource": {"name": "cpu",
     "target": {"averageUtilization": 80}}}]}},
     ["x", "Deployment/d", "cpu: <unknown>/80%", "<unset>", "5", "0", "0s"]),
    ("resourcequotas", {"status": {"hard": {"pods": "5", "limits.cpu": "2"},
     "used": {"pods": "1"}}},
     ["x", "pods: 1/5", "limits.cpu: /2", "0s"]),
    ("storageclasses", {"metadata": {"annotations": {
     "storageclass.kubernetes.io/is-default-class": "true"}}, "provisioner": "p"},
     ["x (default)", "p", "Delete", "Immediate", False, "0s"]),
    ("csidrivers", {"spec": {}}, ["x", True, False, False]),
    ("resourceclaims", {"status": {"allocation": {}, "reservedFor": [{}]}},
     ["x", "allocated,reserved", "0s"]),
    ("certificatesigningrequests", {"spec": {"signerName": "s", "expirationSeconds": 3600},
     "status": {"conditions": [{"type": "Approved"}], "certificate": "x"}},
     ["x", "0s", "s", "", "60m", "Approved,Issued"]),
    ("endpointslices", {"addressType": "IPv4", "ports": [{"port": 80}],
     "endpoints": [{"addresses": ["1.1.1.1"]}]}, ["x", "IPv4", "80", "1.1.1.1", "0s"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("plural", "content", "cells"), CELL_SAMPLES, ids=lambda each: str(each)[:20]
)
def test_rows_read_as_they_do_upstream(
    memory: Interface[Any], plural: str, content: dict[str, Any], cells: list[Any]
) -> None:
    server = APIServer(memory, Settings(clock=FakeClock()))
    server.create_namespaces()
    client = Client(server)
    resource = next(r for f, r in served_resources() if (r.plural == plural and r.version != "v1")
                    or (r.plural == plural and plural != "horizontalpodautoscalers"))  # fmt: skip
    path = path_of(resource)
    body = {**content, "metadata": {**content.get("metadata", {}), "name": "x"}}
    assert client.post(path, body).status == 201
    if "status" in content:
        client.patch(f"{path}/x/status", {"status": content["status"]})
    assert client.get(path, headers=TABLE).body["rows"][0]["cells"] == cells


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/apis/rbac.authorization.k8s.io/v1/clusterroles/x", 201),
        ("/apis/node.k8s.io/v1/runtimeclasses/x", 201),
        ("/apis/storage.k8s.io/v1/storageclasses/x", 404),
    ],
)
def test_some_kinds_are_created_by_an_update(client: Client, path: str, status: int) -> None:
    assert client.put(path, {"metadata": {"name": "x"}}).status == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/apis/storage.k8s.io/v1/csinodes", 422),
        ("/apis/storage.k8s.io/v1/storageclasses", 200),
        ("/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas", 200),
    ],
)
def test_some_kinds_insist_on_the_version(client: Client, path: str, status: int) -> None:
    body = {"metadata": {"name": "x"}}
    client.post(path, body)
    assert client.put(f"{path}/x", body).status == status
