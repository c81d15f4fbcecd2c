"""Kinds that are shown in two versions are one kind; reviews answer and are forgotten."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import Client

from kregistry.meta.object import Object
from kregistry.server import (
    APIServer,
    Attributes,
    Authorizer,
    Decision,
    Settings,
    TokenAuthenticator,
    UserInfo,
    Verdict,
)
from kregistry.storage import Interface

OLD = "/api/v1/namespaces/default/events"
NEW = "/apis/events.k8s.io/v1/namespaces/default/events"
V1 = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
V2 = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
AUTHORIZATION = "/apis/authorization.k8s.io/v1"


def event(name: str = "e") -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "regarding": {"kind": "Pod", "name": "web", "namespace": "default"},
        "note": "pulled",
        "reason": "Pulled",
        "action": "Pull",
        "type": "Normal",
        "eventTime": "2026-01-02T03:04:05.000000Z",
        "reportingController": "x.io/kubelet",
        "reportingInstance": "node-1",
    }


def test_an_event_is_the_same_in_both_groups(client: Client) -> None:
    made = client.post(NEW, event())
    assert made.status == 201, made.body
    assert made.body["apiVersion"] == "events.k8s.io/v1"
    assert (made.body["note"], made.body["regarding"]["name"]) == ("pulled", "web")
    old = client.get(f"{OLD}/e").body
    assert (old["apiVersion"], old["message"]) == ("v1", "pulled")
    assert old["involvedObject"]["name"] == "web"
    assert old["metadata"]["uid"] == made.body["metadata"]["uid"]
    client.patch(f"{OLD}/e", {"message": "again", "count": 3})
    new = client.get(f"{NEW}/e").body
    assert (new["note"], new["deprecatedCount"]) == ("again", 3)


def test_events_are_selected_by_what_each_group_calls_them(client: Client) -> None:
    client.post(NEW, event("a"))
    other = event("b")
    other["regarding"]["name"] = "db"
    client.post(NEW, other)
    found = client.get(NEW, query={"fieldSelector": "regarding.name=db"}).body["items"]
    assert [item["metadata"]["name"] for item in found] == ["b"]
    found = client.get(OLD, query={"fieldSelector": "involvedObject.name=web"}).body["items"]
    assert [item["metadata"]["name"] for item in found] == ["a"]
    assert client.get(OLD, query={"fieldSelector": "regarding.name=db"}).status == 400
    assert client.get(NEW, query={"fieldSelector": "regarding"}).status == 400
    query = {"fieldSelector": "reportingController=x.io/kubelet", "watch": "1"}
    with client.stream(NEW, query=query) as stream:
        assert json.loads(next(stream.frames))["object"]["note"] == "pulled"


def test_an_event_that_speaks_the_other_language_is_not_understood(client: Client) -> None:
    told = client.post(NEW, {**event(), "message": "x"})
    assert told.body.get("note") == "pulled"
    told = client.post(NEW, {**event("f"), "apiVersion": "v1"})
    assert told.status == 400
    assert "cannot be handled as a Event" in told.message


@pytest.mark.parametrize("sent", [b"", b"[]", b"5", b"{", b'{"metadata":[]}', b'{"kind":5}'])
def test_what_is_no_event_is_refused(client: Client, sent: bytes) -> None:
    assert client.post(NEW, sent).status == 400


def test_an_autoscaler_is_the_same_in_both_versions(client: Client) -> None:
    target = {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"}
    body = {
        "metadata": {"name": "h"},
        "spec": {"maxReplicas": 5, "scaleTargetRef": target, "targetCPUUtilizationPercentage": 70},
    }
    made = client.post(V1, body)
    assert made.status == 201
    assert made.body["spec"] == body["spec"]
    new = client.get(f"{V2}/h").body
    assert new["apiVersion"] == "autoscaling/v2"
    assert new["spec"]["metrics"] == [
        {
            "type": "Resource",
            "resource": {
                "name": "cpu",
                "target": {"type": "Utilization", "averageUtilization": 70},
            },
        }
    ]


def test_what_the_old_version_cannot_say_survives_it(client: Client) -> None:
    metrics = [
        {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 50}}},
        {"type": "Resource", "resource": {"name": "memory", "target": {"averageUtilization": 60}}},
    ]
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 5}}
    spec = {"maxReplicas": 3, "metrics": metrics, "behavior": behavior}
    client.post(V2, {"metadata": {"name": "h", "annotations": {"a": "b"}}, "spec": spec})
    old = client.get(f"{V1}/h").body
    assert old["spec"] == {"maxReplicas": 3, "targetCPUUtilizationPercentage": 50}
    assert set(old["metadata"]["annotations"]) == {
        "a",
        "autoscaling.alpha.kubernetes.io/metrics",
        "autoscaling.alpha.kubernetes.io/behavior",
    }
    assert client.put(f"{V1}/h", old).status == 200
    new = client.get(f"{V2}/h").body
    assert new["metadata"]["annotations"] == {"a": "b"}
    assert new["spec"]["behavior"] == behavior
    assert [metric["resource"]["name"] for metric in new["spec"]["metrics"]] == ["cpu", "memory"]


@pytest.mark.parametrize(
    "spec", [5, [], "x", {"metrics": 5}, {"metrics": [5, None, {"resource": []}]}]
)
def test_an_odd_autoscaler_breaks_nothing(client: Client, spec: Any) -> None:
    client.post(V2, {"metadata": {"name": "h"}, "spec": spec})
    for path in (f"{V1}/h", V1, f"{V2}/h"):
        assert client.get(path).status in (200, 404)
    assert client.post(V1, {"metadata": {"name": "i"}, "spec": spec}).status in (201, 400)


def test_an_annotation_that_is_no_json_is_refused(client: Client) -> None:
    annotations = {"autoscaling.alpha.kubernetes.io/metrics": "{"}
    told = client.post(V1, {"metadata": {"name": "h", "annotations": annotations}})
    assert told.status == 400


# Reviews.


class Readers(Authorizer):
    """Alice may read Pods; Mallory is known and refused; about others nobody knows."""

    def authorize(self, attributes: Attributes) -> Decision:
        if attributes.user.name == "mallory":
            return Decision(Verdict.DENY, "banned")
        reads = attributes.verb in ("get", "list") and attributes.resource == "pods"
        if attributes.user.name == "alice" and (reads or attributes.resource.endswith("reviews")):
            return Decision(Verdict.ALLOW, "she reads")
        return Decision(Verdict.NO_OPINION)


@pytest.fixture
def alice(memory: Interface[Object]) -> Client:
    user = UserInfo(name="alice", uid="u1", extra={"k": ["v"]})
    tokens = TokenAuthenticator({"t": user})
    server = APIServer(memory, Settings(authenticator=tokens, authorizer=Readers()))
    server.create_namespaces()
    return Client(server, {"authorization": "Bearer t"})


@pytest.mark.parametrize(("verb", "allowed"), [("list", True), ("create", False)])
def test_one_may_ask_what_one_may_do(alice: Client, verb: str, allowed: bool) -> None:
    about = {"verb": verb, "resource": "pods", "namespace": "default"}
    told = alice.post(
        f"{AUTHORIZATION}/selfsubjectaccessreviews", {"spec": {"resourceAttributes": about}}
    )
    assert told.status == 201
    assert told.body["status"]["allowed"] is allowed


def test_one_may_ask_what_others_may_do(alice: Client) -> None:
    spec = {"user": "mallory", "nonResourceAttributes": {"verb": "get", "path": "/x"}}
    told = alice.post(f"{AUTHORIZATION}/subjectaccessreviews", {"spec": spec})
    assert told.body["status"] == {"allowed": False, "denied": True, "reason": "banned"}
    told = alice.post(f"{AUTHORIZATION}/subjectaccessreviews", {"spec": {"user": "bob"}})
    assert told.status == 422
    told = alice.post(f"{AUTHORIZATION}/subjectaccessreviews", {"spec": {}})
    assert "at least one of user or group must be specified" in told.message


def test_a_local_question_is_about_its_own_namespace(alice: Client) -> None:
    path = f"{AUTHORIZATION}/namespaces/default/localsubjectaccessreviews"
    about = {"verb": "get", "resource": "pods", "namespace": "default"}
    spec = {"user": "alice", "resourceAttributes": about}
    assert alice.post(path, {"spec": spec}).body["status"]["allowed"] is True
    about["namespace"] = "other"
    assert alice.post(path, {"spec": spec}).status == 400


def test_who_one_is_can_be_asked(alice: Client) -> None:
    told = alice.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
    assert told.body["status"]["userInfo"] == {
        "username": "alice",
        "uid": "u1",
        "groups": ["system:authenticated"],
        "extra": {"k": ["v"]},
    }


def test_whose_a_token_is_can_be_asked(alice: Client) -> None:
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    told = alice.post(path, {"spec": {"token": "t"}})
    assert told.body["status"]["authenticated"] is True
    assert told.body["status"]["user"]["username"] == "alice"
    told = alice.post(path, {"spec": {"token": "other"}})
    assert told.body["status"] == {"error": "invalid bearer token"}
    assert alice.post(path, {"spec": {}}).status == 400


@pytest.mark.parametrize("token", ["t and more", "t ", " t", "t\n", "\tt", "Bearer t"])
def test_a_token_with_something_around_it_is_another(alice: Client, token: str) -> None:
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    told = alice.post(path, {"spec": {"token": token}})
    assert told.body["status"] == {"error": "invalid bearer token"}


def test_the_rules_of_one_who_may_do_everything_are_told(client: Client) -> None:
    path = f"{AUTHORIZATION}/selfsubjectrulesreviews"
    told = client.post(path, {"spec": {"namespace": "default"}}).body["status"]
    assert told["resourceRules"] == [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]
    assert told["incomplete"] is True
    assert client.post(path, {"spec": {}}).status == 400


def test_a_review_is_stored_nowhere(client: Client) -> None:
    path = f"{AUTHORIZATION}/selfsubjectaccessreviews"
    assert client.get(path).status == 405


@pytest.mark.parametrize("spec", [5, [], "x", None, {"resourceAttributes": 5}, {"groups": 7}])
@pytest.mark.parametrize(
    "plural",
    ["subjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"],
)
def test_an_odd_question_is_refused(client: Client, plural: str, spec: Any) -> None:
    told = client.post(f"{AUTHORIZATION}/{plural}", {"spec": spec})
    assert told.status in (400, 422)
