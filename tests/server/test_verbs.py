"""The verbs: each parameter has its effect, each mistake its text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import CONFIGMAPS, PODS, Client, config_map, pod

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


@pytest.fixture
def stored(client: Client) -> dict[str, Any]:
    body: dict[str, Any] = client.post(CONFIGMAPS, config_map("a")).body
    return body


# Paths and methods.


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nothing",
        "/api/v1/namespaces/default/nothing",
        "/api/v1/namespaces/default/nodes",
        "/api/v1/pods/web",
        "/api/v1/namespaces//pods",
        "/api/v1/namespaces/default//pods",
        "//api/v1/pods",
        "/api/v1/pods//",
        "/api/v1//pods",
        "/api/v1/namespaces/default/pods/web/nothing",
        "/api/v1/namespaces/default/pods/web/log/more",
        "/api/v1/namespaces/default/configmaps/a/status",
        "/api/v1/namespaces/default/status/x",
        "/api/v1/namespaces/default/namespaces",
        "/api/v1/namespaces/default/namespaces/kube-system",
        "/api/v1/namespaces/default/namespaces/default",
        "/api/v1/watch/namespaces/default/namespaces",
        "/apis/apps/v1/namespaces/default/namespaces/kube-system",
        "/api/v1/proxy/nodes/x",
        "/apis/apps/v1/pods",
    ],
)
def test_where_nothing_is_in_a_version_a_status_says_so(client: Client, path: str) -> None:
    told = client.get(path)
    assert told.status == 404
    assert told.body["kind"] == "Status"


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/apis/nothing.example/v1/things", "/apis/apps/v9/deployments", "/api/v2/pods",
     "/apis//v1/pods", "/apis/v1/pods/x", "/API/v1/pods"],
)  # fmt: skip
def test_where_no_version_is_a_text_says_so(client: Client, path: str) -> None:
    told = client.get(path)
    assert (told.status, told.body) == (404, "404 page not found\n")
    assert told.header("content-type") == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", CONFIGMAPS, "GET, POST, DELETE"),
        ("POST", "/api/v1/pods", "GET"),
        ("DELETE", "/api/v1/pods", "GET"),
        ("POST", f"{CONFIGMAPS}/a", "GET, PUT, PATCH, DELETE"),
        ("HEAD", f"{CONFIGMAPS}/a", "GET, PUT, PATCH, DELETE"),
        ("OPTIONS", CONFIGMAPS, "GET, POST, DELETE"),
        ("BREW", CONFIGMAPS, "GET, POST, DELETE"),
        ("DELETE", "/api/v1/namespaces", "GET, POST"),
        ("GET", "/api/v1/namespaces/default/bindings", "POST"),
        ("GET", f"{PODS}/web/binding", "POST"),
        ("POST", f"{PODS}/web/log", "GET"),
        ("PUT", f"{PODS}/web/exec", "GET, POST"),
        ("POST", "/api/v1/watch/pods", "GET"),
        ("GET", "/api/v1/namespaces/default/finalize", ""),
    ],
)
def test_a_method_that_is_not_known_is_told_with_those_that_are(
    client: Client, method: str, path: str, allow: str
) -> None:
    told = client.ask(method, path)
    if not allow:
        assert told.status == 405
        return
    assert (told.status, told.header("allow")) == (405, allow)
    assert told.body["reason"] == "MethodNotAllowed"
    assert told.message == "the server does not allow this method on the requested resource"


def test_what_cannot_be_watched_says_so(client: Client) -> None:
    told = client.get("/api/v1/componentstatuses", query={"watch": "1"})
    assert (told.status, told.body["reason"]) == (405, "MethodNotAllowed")


# Create.


def test_a_create_answers_201_with_what_is_stored(client: Client) -> None:
    told = client.post(CONFIGMAPS, config_map("a"))
    assert told.status == 201
    assert told.body == client.get(f"{CONFIGMAPS}/a").body


def test_a_dry_run_stores_nothing(client: Client) -> None:
    assert client.post(CONFIGMAPS, config_map("a"), query={"dryRun": "All"}).status == 201
    assert client.get(f"{CONFIGMAPS}/a").status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_dry_run_is_for_all_stages_or_none(
    client: Client, stored: dict[str, Any], method: str
) -> None:
    path = CONFIGMAPS if method == "POST" else f"{CONFIGMAPS}/a"
    headers = {"content-type": "application/merge-patch+json"} if method == "PATCH" else {}
    body = b"" if method == "DELETE" else config_map("a")
    told = client.ask(method, path, body, query={"dryRun": "Some"}, headers=headers)
    assert (told.status, told.body["reason"]) == (422, "Invalid")
    assert told.body["details"]["group"] == "meta.k8s.io"
    assert told.body["details"]["causes"][0]["field"] == "dryRun"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"fieldManager": "x" * 129}, "fieldManager"),
        ({"fieldManager": "a\nb"}, "fieldManager"),
        ({"fieldValidation": "Maybe"}, "fieldValidation"),
    ],
)
@pytest.mark.parametrize("verb", ["post", "put", "patch"])
def test_options_that_make_no_sense_are_told_before_anything_is_done(
    client: Client, stored: dict[str, Any], verb: str, query: dict[str, str], field: str
) -> None:
    path = CONFIGMAPS if verb == "post" else f"{CONFIGMAPS}/a"
    told = getattr(client, verb)(path, b"{", query=query)
    assert told.status in (400, 422)
    if verb != "patch":
        assert told.body["details"]["causes"][0]["field"] == field


@pytest.mark.parametrize("sent", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"{}{}"])
def test_a_body_that_is_no_object_is_refused(client: Client, sent: bytes) -> None:
    told = client.post(CONFIGMAPS, sent)
    assert (told.status, told.body["reason"]) == (400, "BadRequest")
    assert told.message.startswith("the object provided is unrecognized (must be of type ConfigMap")


@pytest.mark.parametrize("path", ["secrets", "serviceaccounts"])
def test_an_object_of_another_kind_is_refused(client: Client, path: str) -> None:
    told = client.post(f"/api/v1/namespaces/default/{path}", config_map("a"))
    assert told.status == 400
    assert told.message.startswith('ConfigMap in version "v1" cannot be handled as a S')


def test_the_namespace_of_a_cluster_scoped_object_does_not_count(client: Client) -> None:
    body = {"metadata": {"name": "pc", "namespace": "default"}, "value": 5}
    told = client.post("/apis/scheduling.k8s.io/v1/priorityclasses", body)
    assert told.status == 201
    assert "namespace" not in told.body["metadata"]


def test_unknown_fields_are_told_refused_or_forgotten(client: Client) -> None:
    body = {**config_map("a"), "bogus": 1}
    told = client.post(CONFIGMAPS, body, query={"dryRun": "All"})
    assert told.warnings == ('299 - "unknown field \\"bogus\\""',)
    query = {"dryRun": "All", "fieldValidation": "Ignore"}
    assert client.post(CONFIGMAPS, body, query=query).warnings == ()
    told = client.post(CONFIGMAPS, body, query={"fieldValidation": "Strict"})
    assert told.message == (
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
        'unknown field "bogus"'
    )


# Update.


def test_a_stale_update_is_a_conflict(client: Client, stored: dict[str, Any]) -> None:
    stored["data"]["a"] = "2"
    assert client.put(f"{CONFIGMAPS}/a", stored).status == 200
    stored["data"]["a"] = "3"
    told = client.put(f"{CONFIGMAPS}/a", stored)
    assert (told.status, told.body["reason"]) == (409, "Conflict")


def test_an_update_that_changes_nothing_is_not_written(
    client: Client, stored: dict[str, Any]
) -> None:
    told = client.put(f"{CONFIGMAPS}/a", stored)
    assert told.body["metadata"]["resourceVersion"] == stored["metadata"]["resourceVersion"]


class Updating(Authorizer):
    """Lets everybody update and nobody create."""

    def authorize(self, attributes: Attributes) -> Decision:
        return Decision(Verdict.ALLOW if attributes.verb == "update" else Verdict.NO_OPINION)


DEPLOYMENT = {
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "i"}]},
        },
    },
}


@pytest.mark.parametrize("part", ["", "/status", "/scale"])
@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        ({"name": "other"}, "the name of the object (other) does not match the name on the URL"),
        ({}, "the name of the object (web based on URL) was undeterminable"),
        ({"name": "web", "namespace": "other"}, "the namespace of the provided object does not"),
    ],
)
@pytest.mark.parametrize("verb", ["put", "patch"])
def test_no_part_of_an_object_is_written_under_the_name_of_another(
    client: Client, part: str, metadata: dict[str, str], problem: str, verb: str
) -> None:
    deployments = "/apis/apps/v1/namespaces/default/deployments"
    before = client.post(deployments, DEPLOYMENT).body
    path, sent = f"{deployments}/web{part}", {"spec": {"replicas": 2}, "metadata": metadata}
    if verb == "put":
        told = client.put(path, sent)
    else:
        told = client.patch(path, {**sent, "metadata": metadata or {"name": None}})
    assert (told.status, told.message[: len(problem)]) == (400, problem)
    assert client.get(f"{deployments}/web").body == before


def test_a_create_by_update_needs_the_right_to_create(memory: Interface[Object]) -> None:
    tokens = TokenAuthenticator({"t": UserInfo(name="bob")})
    server = APIServer(memory, Settings(authenticator=tokens, authorizer=Updating()))
    server.create_namespaces()
    client = Client(server, {"authorization": "Bearer t"})
    path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l"
    told = client.put(path, {"metadata": {"name": "l"}})
    assert told.status == 403
    assert 'User "bob" cannot create resource "leases"' in told.message
    allowed = Client(APIServer(memory))
    made = allowed.put(path, {"metadata": {"name": "l"}})
    assert made.status == 201
    assert client.put(path, made.body).status == 200


# Patch.


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("merge", {"data": {"b": "2"}}),
        ("strategic-merge", {"data": {"b": "2"}}),
        ("json", [{"op": "add", "path": "/data/b", "value": "2"}]),
    ],
)
def test_a_patch_changes_what_it_names(
    client: Client, stored: dict[str, Any], kind: str, patch: Any
) -> None:
    told = client.patch(f"{CONFIGMAPS}/a", patch, kind)
    assert (told.status, told.body["data"]) == (200, {"a": "1", "b": "2"})


@pytest.mark.parametrize("kind", ["merge", "strategic-merge"])
@pytest.mark.parametrize("name", ["a", "none"])
def test_a_patch_makes_nothing_that_is_not_there(client: Client, kind: str, name: str) -> None:
    told = client.patch(f"{CONFIGMAPS}/{name}", {"data": {}}, kind)
    assert (told.status, told.message) == (404, f'configmaps "{name}" not found')
    lease = f"/apis/coordination.k8s.io/v1/namespaces/default/leases/{name}"
    assert client.patch(lease, {"spec": {}}, kind).status == 404


@pytest.mark.parametrize(
    "media_type",
    ["application/apply-patch+yaml", "application/json", "", "text/plain", "application/patch"],
)
def test_a_patch_of_another_format_is_refused(
    client: Client, stored: dict[str, Any], media_type: str
) -> None:
    told = client.ask("PATCH", f"{CONFIGMAPS}/a", b"{}", headers={"content-type": media_type})
    assert told.status == 415
    assert told.message == "415: Unsupported Media Type"


def test_a_failed_test_is_422(client: Client, stored: dict[str, Any]) -> None:
    version = stored["metadata"]["resourceVersion"]
    test = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
    add = {"op": "add", "path": "/data/b", "value": "2"}
    assert client.patch(f"{CONFIGMAPS}/a", [test, add], "json").status == 200
    told = client.patch(f"{CONFIGMAPS}/a", [test, add], "json")
    assert (told.status, told.body["reason"]) == (422, "Invalid")


@pytest.mark.parametrize("kind", ["json", "merge", "strategic-merge"])
def test_that_there_is_nothing_to_patch_is_told_before_what_is_wrong_with_the_patch(
    client: Client, kind: str
) -> None:
    assert client.patch(f"{CONFIGMAPS}/none", b"{", kind).status == 404


@pytest.mark.parametrize("sent", [b"", b"{", b"x", b"\xff", b"[" * 500])
def test_a_patch_that_is_no_json_is_refused(
    client: Client, stored: dict[str, Any], sent: bytes
) -> None:
    told = client.patch(f"{CONFIGMAPS}/a", sent)
    assert told.status == 400
    assert told.message.startswith("error decoding patch: ")


def test_a_patch_can_rename_nothing(client: Client, stored: dict[str, Any]) -> None:
    for field, value in (("name", "b"), ("namespace", "kube-system")):
        told = client.patch(f"{CONFIGMAPS}/a", {"metadata": {field: value}})
        assert told.status == 400
    assert client.patch(f"{CONFIGMAPS}/a", {"kind": "Secret"}).status == 422


def test_a_patch_to_what_is_no_object_of_the_kind_is_invalid(
    client: Client, stored: dict[str, Any]
) -> None:
    told = client.patch(f"{CONFIGMAPS}/a", {"data": {"a": 5}})
    assert (told.status, told.body["reason"]) == (422, "Invalid")
    assert told.body["details"]["causes"][0]["field"] == "patch"


def test_unknown_fields_of_a_patch_are_told_refused_or_forgotten(
    client: Client, stored: dict[str, Any]
) -> None:
    path, patch = f"{CONFIGMAPS}/a", {"bogus": 1}
    assert client.patch(path, patch).warnings == ('299 - "unknown field \\"bogus\\""',)
    assert client.patch(path, patch, query={"fieldValidation": "Ignore"}).warnings == ()
    told = client.patch(path, patch, query={"fieldValidation": "Strict"})
    assert told.status == 422
    assert 'strict decoding error: unknown field "bogus"' in told.message
    told = client.patch(path, b'{"data":{"b":"1","b":"2"}}', query={"fieldValidation": "Strict"})
    assert 'duplicate field "data.b"' in told.message


def test_force_is_for_apply_alone(client: Client, stored: dict[str, Any]) -> None:
    told = client.patch(f"{CONFIGMAPS}/a", {}, query={"force": "true"})
    assert told.status == 422
    assert told.body["details"]["kind"] == "PatchOptions"
    assert "may not be specified for non-apply patch" in told.message


def test_a_patch_that_changes_nothing_is_not_written(
    client: Client, stored: dict[str, Any]
) -> None:
    told = client.patch(f"{CONFIGMAPS}/a", {"data": {"a": "1"}})
    assert told.body["metadata"]["resourceVersion"] == stored["metadata"]["resourceVersion"]


# Delete.


def test_a_delete_answers_with_a_status_or_with_the_object(
    client: Client, stored: dict[str, Any]
) -> None:
    told = client.delete(f"{CONFIGMAPS}/a")
    assert told.body == {
        "apiVersion": "v1",
        "details": {"kind": "configmaps", "name": "a", "uid": stored["metadata"]["uid"]},
        "kind": "Status",
        "metadata": {},
        "status": "Success",
    }
    client.post(PODS, pod("web"))
    assert client.delete(f"{PODS}/web").body["kind"] == "Pod"


def test_options_of_a_delete_come_from_the_body_or_the_query_never_both(client: Client) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    query = {"dryRun": "All"}
    told = client.delete(f"{CONFIGMAPS}/a", {"propagationPolicy": "Background"}, query=query)
    assert told.status == 200
    assert client.get(f"{CONFIGMAPS}/a").status == 404


@pytest.mark.parametrize(
    "head",
    [
        {},
        {"kind": "DeleteOptions", "apiVersion": "v1"},
        {"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/v1"},
        {"kind": "DeleteOptions", "apiVersion": "apps/v1"},
        {"kind": "DeleteOptions"},
    ],
)
def test_options_of_a_delete_may_be_of_any_version(client: Client, head: dict[str, str]) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    told = client.delete(f"{CONFIGMAPS}/a", {**head, "preconditions": {"uid": "other"}})
    assert told.status == 409
    assert "other" in told.message


@pytest.mark.parametrize(
    "sent", [b"{", b"[]", b"5", b'{"kind":"Pod"}', b'{"gracePeriodSeconds":"x"}', b"\xff"]
)
def test_options_that_are_none_are_refused(client: Client, sent: bytes) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    assert client.delete(f"{CONFIGMAPS}/a", sent).status == 400
    assert client.get(f"{CONFIGMAPS}/a").status == 200


def test_options_of_a_delete_may_be_yaml(client: Client) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    headers = {"content-type": "application/yaml"}
    told = client.delete(f"{CONFIGMAPS}/a", b"dryRun: [All]\n", headers=headers)
    assert told.status == 200
    assert client.get(f"{CONFIGMAPS}/a").status == 200


def test_only_an_old_wish_for_cascading_is_accepted_and_not_done(client: Client) -> None:
    body = config_map("a")
    body["metadata"]["finalizers"] = ["x.io/wait"]
    client.post(CONFIGMAPS, body)
    told = client.delete(f"{CONFIGMAPS}/a", {"orphanDependents": False})
    assert told.status == 202


def test_a_collection_is_deleted_by_the_selectors_of_a_list(client: Client) -> None:
    for name in ("a", "b", "c"):
        body = config_map(name)
        body["metadata"]["labels"] = {"keep": "yes" if name == "b" else "no"}
        client.post(CONFIGMAPS, body)
    told = client.delete(CONFIGMAPS, query={"labelSelector": "keep=no"})
    assert told.body["kind"] == "ConfigMapList"
    assert [item["metadata"]["name"] for item in told.body["items"]] == ["a", "c"]
    left = client.get(CONFIGMAPS).body["items"]
    assert [item["metadata"]["name"] for item in left] == ["b"]


def test_a_collection_is_never_deleted_unsafely(client: Client) -> None:
    query = {"ignoreStoreReadErrorWithClusterBreakingPotential": "true"}
    told = client.delete(CONFIGMAPS, query=query)
    assert told.status == 422
    assert "is not allowed with DELETECOLLECTION" in told.message


# Get and list.


def test_export_is_gone(client: Client, stored: dict[str, Any]) -> None:
    told = client.get(f"{CONFIGMAPS}/a", query={"export": "true"})
    assert told.status == 400
    assert "no longer supported" in told.message


def test_a_version_that_is_yet_to_come_is_waited_for_in_vain(
    client: Client, stored: dict[str, Any]
) -> None:
    told = client.get(f"{CONFIGMAPS}/a", query={"resourceVersion": "999999"})
    assert told.status == 504
    assert told.body["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


def test_an_empty_list_is_a_list(client: Client) -> None:
    told = client.get(CONFIGMAPS)
    assert told.body["items"] == []
    assert told.body["kind"] == "ConfigMapList"


def test_a_list_comes_in_pieces(client: Client) -> None:
    for number in range(5):
        client.post(CONFIGMAPS, config_map(f"c{number}"))
    first = client.get(CONFIGMAPS, query={"limit": 2})
    assert len(first.body["items"]) == 2
    assert first.body["metadata"]["remainingItemCount"] == 3
    query = {"limit": 10, "continue": first.body["metadata"]["continue"]}
    rest = client.get(CONFIGMAPS, query=query).body
    assert [item["metadata"]["name"] for item in rest["items"]] == ["c2", "c3", "c4"]
    assert "kind" not in rest["items"][0]


def test_the_word_watch_set_to_false_is_a_list(client: Client) -> None:
    assert client.get(CONFIGMAPS, query={"watch": "false"}).body["kind"] == "ConfigMapList"


def test_an_answer_of_an_object_ends_in_a_line_feed(client: Client, stored: dict[str, Any]) -> None:
    sent = client.get(f"{CONFIGMAPS}/a").response.body
    assert sent.endswith(b"}\n")
    assert json.loads(sent)["kind"] == "ConfigMap"
