"""What kubectl sends, recorded byte by byte, against what the same command prints as JSON.

``data/kubectl.jsonl`` has one request a line: the release of kubectl, the command, what was sent,
and as ``document`` what the command prints with ``--dry-run=client -o json``, null where there is
no such thing.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from asking import Client
from protobufwriter import MEDIA_TYPE

from kregistry.meta.gvk import GroupVersionKind
from kregistry.runtime.limits import Limits
from kregistry.server.protobuf import tree_of_protobuf

SAMPLES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "data/kubectl.jsonl").read_text().splitlines()
]
CREATED = [each for each in SAMPLES if each["document"] is not None]

#: What commands ask that print something else than what they send.
ASKED: dict[str, dict[str, Any]] = {
    "create token robot --duration=10m --audience=a": {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "metadata": {},
        "spec": {"audiences": ["a"], "expirationSeconds": 600},
        "status": {"token": ""},
    },
    "auth can-i get pods/log --namespace=shop": {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "metadata": {},
        "spec": {
            "resourceAttributes": {
                "namespace": "shop",
                "verb": "get",
                "resource": "pods",
                "name": "log",
            }
        },
        "status": {"allowed": False},
    },
    "auth can-i get /healthz": {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "metadata": {},
        "spec": {"nonResourceAttributes": {"path": "/healthz", "verb": "get"}},
        "status": {"allowed": False},
    },
    "auth can-i --list": {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "metadata": {},
        "spec": {"namespace": "default"},
        "status": {"incomplete": False},
    },
    "auth whoami": {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "SelfSubjectReview",
        "metadata": {},
        "status": {"userInfo": {}},
    },
}


def title(sample: dict[str, Any]) -> str:
    return f"{sample['release']}: {' '.join(sample['command'].split()[:3])}"


def tree_of(sample: dict[str, Any]) -> dict[str, Any]:
    body = base64.b64decode(sample["body"])
    return tree_of_protobuf(body, GroupVersionKind("", "", ""), Limits())


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("sample", CREATED, ids=title)
def test_what_kubectl_sends_is_what_it_prints(sample: dict[str, Any]) -> None:
    assert tree_of(sample) == without_nulls(sample["document"])


@pytest.mark.parametrize(
    "sample", [each for each in SAMPLES if each["command"] in ASKED], ids=title
)
def test_what_kubectl_asks_is_read_as_it_is_meant(sample: dict[str, Any]) -> None:
    assert tree_of(sample) == ASKED[sample["command"]]


@pytest.mark.parametrize(
    "sample", [each for each in SAMPLES if "certificate" in each["command"]], ids=title
)
def test_an_object_goes_back_to_the_server_as_it_came_from_it(sample: dict[str, Any]) -> None:
    tree = tree_of(sample)
    assert tree["spec"] == {
        "request": "aGFsbG8=",
        "signerName": "example.com/x",
        "usages": ["client auth"],
    }
    assert tree["metadata"].keys() == {"name", "uid", "resourceVersion", "creationTimestamp"}
    (condition,) = tree["status"]["conditions"]
    assert (condition["type"], condition["status"]) == ("Approved", "True")
    assert "lastTransitionTime" not in condition


def test_every_recorded_request_is_looked_at() -> None:
    looked_at = {*ASKED, "certificate approve csr", *(each["command"] for each in CREATED)}
    assert {each["command"] for each in SAMPLES} == looked_at
    assert {each["release"] for each in SAMPLES} == {"1.32.5", "1.37.1"}


def test_kubectl_takes_json_for_an_answer() -> None:
    """So nothing has to be written in this form."""
    assert {each["accept"] for each in SAMPLES} == {f"{MEDIA_TYPE},application/json"}


@pytest.mark.parametrize(
    "sample", [each for each in CREATED if each["release"] == "1.37.1"], ids=title
)
def test_the_server_makes_the_same_of_both_forms(client: Client, sample: dict[str, Any]) -> None:
    """But for nulls, which kinds without a class keep as they were sent."""
    made = []
    for content_type, body in (
        (MEDIA_TYPE, base64.b64decode(sample["body"])),
        ("application/json", sample["document"]),
    ):
        headers = {"content-type": content_type, "accept": sample["accept"]}
        query = {"fieldValidation": "Strict", "dryRun": "All"}
        told = client.post(sample["path"], body, headers=headers, query=query)
        assert told.status == 201, told.body
        assert told.header("content-type") == "application/json"
        for member in ("uid", "creationTimestamp"):
            told.body["metadata"].pop(member)
        told.body.get("spec", {}).pop("clusterIP", None)
        made.append(without_nulls(told.body))
    assert made[0] == made[1]
