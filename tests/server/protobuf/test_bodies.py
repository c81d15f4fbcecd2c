"""The server takes bodies in this form wherever it takes JSON, and answers with JSON."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from asking import CONFIGMAPS, PODS, Client, Told, config_map, pod
from protobufwriter import MAGIC, MEDIA_TYPE, document, envelope

from kregistry.core.generics.storage import GenericStorage
from kregistry.meta.object import Object
from kregistry.meta.wire import encode_field
from kregistry.runtime import Unstructured
from kregistry.runtime.resource import Resource
from kregistry.server import APIServer
from kregistry.server.resources import APIResource, Endpoint
from kregistry.storage import Interface

HEADERS = {"content-type": MEDIA_TYPE, "accept": f"{MEDIA_TYPE},application/json"}
EVENTS = "/apis/events.k8s.io/v1/namespaces/default/events"
SCALERS = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
GADGETS = Resource(
    Unstructured, plural="gadgets", group="shop.example", version="v1", kind="Gadget"
)
#: A message with a name in its metadata, and nothing else.
NAMED = encode_field(1, encode_field(1, b"a"))


def create(client: Client, path: str, tree: dict[str, Any], **query: Any) -> Told:
    return client.post(path, document(tree), headers=HEADERS, query=query)


def test_an_object_is_created(client: Client) -> None:
    told = create(client, CONFIGMAPS, config_map("a"), fieldValidation="Strict")
    assert told.status == 201
    assert told.header("content-type") == "application/json"
    assert client.get(f"{CONFIGMAPS}/a").body["data"] == {"a": "1"}


def test_an_object_is_replaced(client: Client) -> None:
    stored = create(client, CONFIGMAPS, config_map("a")).body
    sent = document({**stored, "data": {"b": "2"}})
    told = client.put(f"{CONFIGMAPS}/a", sent, headers=HEADERS)
    assert told.status == 200
    assert told.body["data"] == {"b": "2"}
    assert told.body["metadata"]["uid"] == stored["metadata"]["uid"]
    assert client.put(f"{CONFIGMAPS}/a", sent, headers=HEADERS).status == 409


def test_defaults_and_rules_are_those_of_json(client: Client) -> None:
    told = create(client, PODS, pod())
    assert told.body["spec"]["restartPolicy"] == "Always"
    told = create(client, PODS, {**pod("b"), "spec": {"containers": []}})
    assert told.status == 422
    assert "spec.containers: Required value" in told.message


def test_a_kind_without_a_class_keeps_what_json_would_have_said(client: Client) -> None:
    path = "/apis/batch/v1/namespaces/default/jobs"
    containers = [{"name": "c", "image": "i", "resources": {}}]
    spec = {"template": {"metadata": {}, "spec": {"containers": containers}}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": spec}
    assert create(client, path, job).status == 201
    assert client.get(f"{path}/j").body["spec"] == spec


def test_kinds_that_are_stored_as_another_version_are_taken(client: Client) -> None:
    event = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "e"},
        "eventTime": "2026-01-02T15:04:05.000006Z",
        "reportingController": "example.com/c",
        "reportingInstance": "c-1",
        "action": "Testing",
        "reason": "Tested",
        "type": "Normal",
        "note": "it works",
        "regarding": {"kind": "Pod", "namespace": "default", "name": "web"},
    }
    assert create(client, EVENTS, event).status == 201, create(client, EVENTS, event).body
    assert client.get("/api/v1/namespaces/default/events/e").body["message"] == "it works"
    scaler = {
        "apiVersion": "autoscaling/v1",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "s"},
        "spec": {
            "maxReplicas": 3,
            "scaleTargetRef": {"kind": "Deployment", "name": "web"},
            "targetCPUUtilizationPercentage": 50,
        },
    }
    assert create(client, SCALERS, scaler).status == 201
    assert client.get(f"{SCALERS}/s").body["spec"]["targetCPUUtilizationPercentage"] == 50


def test_subresources_take_it(client: Client) -> None:
    stored = create(client, PODS, pod()).body
    target = {"kind": "Node", "name": "n"}
    metadata = {"name": "web"}
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": metadata, "target": target}
    assert create(client, f"{PODS}/web/binding", binding).status == 201
    bound = client.get(f"{PODS}/web").body
    sent = document({**bound, "status": {"phase": "Running"}})
    told = client.put(f"{PODS}/web/status", sent, headers=HEADERS)
    assert (told.status, told.body["status"]["phase"]) == (200, "Running")
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": metadata,
        "deleteOptions": {
            "gracePeriodSeconds": 0,
            "preconditions": {"uid": stored["metadata"]["uid"]},
        },
    }
    assert create(client, f"{PODS}/web/eviction", eviction).status == 201
    assert client.get(f"{PODS}/web").status == 404


def test_options_of_a_delete_are_taken(client: Client) -> None:
    create(client, CONFIGMAPS, config_map("a"))
    wrong = {"preconditions": {"uid": "another"}}
    options = {"apiVersion": "v1", "kind": "DeleteOptions", **wrong}
    told = client.delete(f"{CONFIGMAPS}/a", document(options), headers=HEADERS)
    assert told.status == 409
    options = {"apiVersion": "apps/v1", "kind": "DeleteOptions", "dryRun": ["All"]}
    assert client.delete(f"{CONFIGMAPS}/a", document(options), headers=HEADERS).status == 200
    assert client.get(f"{CONFIGMAPS}/a").status == 200
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
    assert client.delete(CONFIGMAPS, document(options), headers=HEADERS).status == 200
    assert client.get(f"{CONFIGMAPS}/a").status == 404


def test_options_that_are_none_are_refused(client: Client) -> None:
    create(client, CONFIGMAPS, config_map("a"))
    told = client.delete(f"{CONFIGMAPS}/a", document(config_map("a")), headers=HEADERS)
    assert (told.status, told.body["reason"]) == (400, "BadRequest")
    told = client.delete(f"{CONFIGMAPS}/a", b"{}", headers=HEADERS)
    assert "does not appear to be a protobuf message" in told.message
    assert client.get(f"{CONFIGMAPS}/a").status == 200


def test_what_does_not_say_its_kind_is_what_the_path_says(client: Client) -> None:
    told = client.post(CONFIGMAPS, envelope("", "", NAMED), headers=HEADERS)
    assert (told.status, told.body["kind"]) == (201, "ConfigMap")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            b'{"metadata": {"name": "a"}}',
            "the object provided is unrecognized (must be of type ConfigMap): provided data does "
            "not appear to be a protobuf message, expected prefix [107 56 115 0] "
            '({"metadata": {"name": "a"}})',
        ),
        (
            b"",
            "the object provided is unrecognized (must be of type ConfigMap): empty data (<empty>)",
        ),
        (
            MAGIC,
            "the object provided is unrecognized (must be of type ConfigMap): empty body "
            "(6b387300)",
        ),
        (
            envelope("v1", "ConfigMap", encode_field(1, 5)),
            'ConfigMap in version "v1" cannot be handled as a ConfigMap: proto: wrong wireType = 0 '
            "for field metadata",
        ),
        (
            document(pod("a")),
            'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to '
            "(core.ConfigMap): unknown conversion",
        ),
        (
            envelope("example.com/v1", "Shop", b"\xff"),
            'Shop in version "v1" cannot be handled as a ConfigMap: no kind "Shop" is registered '
            'for version "example.com/v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
        ),
    ],
)
def test_a_body_that_is_no_such_object_is_refused(
    client: Client, body: bytes, message: str
) -> None:
    told = client.post(CONFIGMAPS, body, headers=HEADERS)
    assert (told.status, told.body["reason"]) == (400, "BadRequest")
    assert told.message == message
    assert client.get(CONFIGMAPS).body["items"] == []


def test_a_kind_of_users_has_no_messages(
    server: APIServer, client: Client, memory: Interface[Object]
) -> None:
    door = GenericStorage(GADGETS, memory).objects
    endpoint = Endpoint(gvk=GADGETS.gvk, verbs=("create", "delete", "list"), door=door)
    server.resources.add(APIResource(resource=GADGETS, endpoint=endpoint, custom=True))
    path = "/apis/shop.example/v1/namespaces/default/gadgets"
    sent = envelope("shop.example/v1", "Gadget", NAMED)
    told = client.post(path, sent, headers=HEADERS)
    assert (told.status, told.body["reason"]) == (400, "BadRequest")
    assert told.message == (
        'Gadget in version "v1" cannot be handled as a Gadget: object Gadget does not implement '
        "the protobuf marshalling interface and cannot be encoded to a protobuf message"
    )
    assert client.post(path, {"metadata": {"name": "a"}}).status == 201
    options = {"apiVersion": "shop.example/v1", "kind": "DeleteOptions"}
    assert client.delete(f"{path}/a", document(options), headers=HEADERS).status == 200


def test_another_version_of_a_kind_is_refused(client: Client) -> None:
    """Also where the server itself turns one version into another."""
    wrong = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}}
    told = create(client, EVENTS, wrong)
    assert told.status == 400
    assert 'apiVersion is "v1", not "events.k8s.io/v1"' in told.message


def test_a_patch_is_never_in_this_form(client: Client) -> None:
    create(client, CONFIGMAPS, config_map("a"))
    told = client.ask("PATCH", f"{CONFIGMAPS}/a", document(config_map("a")), headers=HEADERS)
    assert told.status == 415


def test_who_takes_no_other_answer_gets_none(client: Client) -> None:
    headers = {"content-type": MEDIA_TYPE, "accept": MEDIA_TYPE}
    told = client.post(CONFIGMAPS, document(config_map("a")), headers=headers)
    assert (told.status, told.body["reason"]) == (406, "NotAcceptable")
    assert MEDIA_TYPE not in told.message
    assert client.get(f"{CONFIGMAPS}/a").status == 404


def test_who_is_refused_another_form_is_told_of_this_one(client: Client) -> None:
    told = client.post(CONFIGMAPS, b"x", headers={"content-type": "application/cbor"})
    assert told.status == 415
    assert told.message == (
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    )


def test_nothing_of_it_is_loaded_before_the_first_body_comes() -> None:
    code = """
import json, sys
from kregistry.server import APIServer, Request
from kregistry.storage import Config, factory

with factory.create(Config()) as storage:
    server = APIServer(storage)
    server.create_namespaces()
    body = json.dumps({"metadata": {"name": "a"}}).encode()
    path = "/api/v1/namespaces/default/configmaps"
    assert server.handle(Request.of_target("POST", path, body=body)).status == 201
    print([name for name in sys.modules if "protobuf" in name])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"
