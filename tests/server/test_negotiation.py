"""The form of an answer is the one that the client likes best of those that can be had."""

from __future__ import annotations

import json

import pytest
import yaml
from asking import CONFIGMAPS, Client, config_map

from kregistry.meta.errors import NotAcceptable
from kregistry.runtime.yamltree import documents
from kregistry.server import Request
from kregistry.server.negotiation import TRANSFORMS, negotiate

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def chosen(accept: str, *, stream: bool = False) -> tuple[str, str]:
    request = Request(headers={"accept": accept})
    found = negotiate(request, transforms=TRANSFORMS, stream=stream)
    return found.media_type.name, found.target.kind if found.target else ""


@pytest.mark.parametrize(
    ("accept", "name", "target"),
    [
        ("", "application/json", ""),
        ("*/*", "application/json", ""),
        ("application/*", "application/json", ""),
        ("application/yaml", "application/yaml", ""),
        ("application/yaml;q=0.5,application/json", "application/json", ""),
        ("application/json;q=0.1, application/yaml;q=0.9", "application/yaml", ""),
        ("*/*;q=0.9,application/yaml;q=0.9", "application/yaml", ""),
        ("application/vnd.kubernetes.protobuf,application/json", "application/json", ""),
        (TABLE + ",application/json", "application/json", "Table"),
        ("application/json;as=Table;v=v2;g=meta.k8s.io,application/json", "application/json", ""),
        ("application/json;as=Pie;v=v1;g=meta.k8s.io,application/json", "application/json", ""),
        (PARTIAL, "application/json", "PartialObjectMetadata"),
        ("application/json;q=nonsense", "application/json", ""),
        ("APPLICATION/JSON", "application/json", ""),
        (";;;,application/json", "application/json", ""),
    ],
)
def test_the_best_form_that_can_be_had_is_chosen(accept: str, name: str, target: str) -> None:
    assert chosen(accept) == (name, target)


@pytest.mark.parametrize(
    "accept",
    ["text/html", "application/json;q=0", "application/vnd.kubernetes.protobuf", ",", "json"],
)
def test_what_cannot_be_had_is_told_with_what_can(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="only the following media types are accepted: app"):
        chosen(accept)


def test_documents_can_follow_each_other_in_json_only() -> None:
    assert chosen("application/json;stream=watch", stream=True)[0] == "application/json"
    with pytest.raises(NotAcceptable, match=r"accepted: application/json;stream=watch$"):
        chosen("application/yaml", stream=True)


def test_a_table_shows_objects_as_rows(client: Client) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    told = client.get(CONFIGMAPS, headers={"accept": TABLE})
    assert (told.body["kind"], told.body["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert [column["name"] for column in told.body["columnDefinitions"]] == ["Name", "Data", "Age"]
    (row,) = told.body["rows"]
    assert row["cells"][:2] == ["a", 1]
    assert row["object"]["kind"] == "PartialObjectMetadata"
    assert row["object"]["metadata"]["name"] == "a"
    assert "data" not in row["object"]
    assert told.body["metadata"]["resourceVersion"]


def test_a_table_in_the_old_version_is_of_the_old_version_throughout(client: Client) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    told = client.get(CONFIGMAPS, headers={"accept": TABLE.replace("v=v1;", "v=v1beta1;")})
    assert told.body["apiVersion"] == "meta.k8s.io/v1beta1"
    assert told.body["rows"][0]["object"]["apiVersion"] == "meta.k8s.io/v1beta1"


@pytest.mark.parametrize(
    ("include", "kind"), [("Metadata", "PartialObjectMetadata"), ("Object", "ConfigMap")]
)
def test_a_row_holds_as_much_of_the_object_as_was_asked_for(
    client: Client, include: str, kind: str
) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    query = {"includeObject": include}
    told = client.get(CONFIGMAPS, headers={"accept": TABLE}, query=query)
    assert told.body["rows"][0]["object"]["kind"] == kind


def test_a_row_can_do_without_the_object(client: Client) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    query = {"includeObject": "None"}
    told = client.get(CONFIGMAPS, headers={"accept": TABLE}, query=query)
    assert told.body["rows"][0]["object"] is None


def test_another_word_about_the_object_is_refused(client: Client) -> None:
    query = {"includeObject": "All"}
    told = client.get(CONFIGMAPS, headers={"accept": TABLE}, query=query)
    assert told.status == 400
    assert told.message == (
        'Unable to convert to Table as requested: includeObject: Invalid value: "All": '
        "must be 'Metadata', 'Object', 'None', or empty"
    )


def test_metadata_can_be_had_alone(client: Client) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    one = client.get(f"{CONFIGMAPS}/a", headers={"accept": PARTIAL}).body
    assert (one["kind"], one["metadata"]["name"], "data" in one) == (
        "PartialObjectMetadata",
        "a",
        False,
    )
    many = client.get(CONFIGMAPS, headers={"accept": PARTIAL_LIST}).body
    assert many["kind"] == "PartialObjectMetadataList"
    assert [item["kind"] for item in many["items"]] == ["PartialObjectMetadata"]
    assert many["metadata"]["resourceVersion"]


def test_a_list_is_no_object_and_an_object_no_list(client: Client) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    told = client.get(CONFIGMAPS, headers={"accept": PARTIAL})
    assert (told.status, told.body["reason"]) == (406, "NotAcceptable")
    assert told.message.startswith("you requested PartialObjectMetadata, but the requested")
    told = client.get(f"{CONFIGMAPS}/a", headers={"accept": PARTIAL_LIST})
    assert told.status == 406


def test_an_error_is_never_made_a_table(client: Client) -> None:
    told = client.get(f"{CONFIGMAPS}/none", headers={"accept": TABLE})
    assert (told.status, told.body["kind"]) == (404, "Status")


def test_an_error_comes_in_the_form_that_was_asked_for(client: Client) -> None:
    told = client.get(f"{CONFIGMAPS}/none", headers={"accept": "application/yaml"})
    assert told.header("content-type") == "application/yaml"
    assert yaml.safe_load(told.response.body)["reason"] == "NotFound"


def test_an_error_in_a_form_that_cannot_be_had_is_json_for_people(client: Client) -> None:
    told = client.get(CONFIGMAPS, headers={"accept": "image/png"})
    assert (told.status, told.body["code"]) == (406, 406)
    assert b'\n  "' in told.response.body


def test_nothing_is_done_when_the_answer_could_not_be_read(client: Client) -> None:
    told = client.post(CONFIGMAPS, config_map("a"), headers={"accept": "image/png"})
    assert told.status == 406
    assert client.get(f"{CONFIGMAPS}/a").status == 404


def test_yaml_goes_both_ways(client: Client) -> None:
    sent = b"metadata:\n  name: web\ndata:\n  when: '2026-01-01'\n"
    both = {"content-type": "application/yaml", "accept": "application/yaml"}
    told = client.post(CONFIGMAPS, sent, headers=both)
    assert told.status == 201
    assert yaml.safe_load(told.response.body)["data"] == {"when": "2026-01-01"}


def test_a_text_that_yaml_would_read_as_something_else_is_quoted(client: Client) -> None:
    texts = {"a": "1e3", "b": "y", "c": "22:22", "d": "010", "e": "", "f": "null", "g": "a\nb: c\n"}
    client.post(CONFIGMAPS, config_map("a", **texts))
    told = client.get(f"{CONFIGMAPS}/a", headers={"accept": "application/yaml"}).response.body
    (document,) = documents(told)
    assert document.tree["data"] == texts
    assert yaml.safe_load(told)["data"] == texts


def test_yaml_that_stands_for_more_than_it_says_is_refused(client: Client) -> None:
    bomb = b"metadata:\n  name: web\n  labels: &a {x: y}\n  annotations: *a\n"
    told = client.post(CONFIGMAPS, bomb, headers={"content-type": "application/yaml"})
    assert told.status == 400
    assert "aliases are not accepted" in told.message


def test_a_key_that_yaml_repeats_is_told(client: Client) -> None:
    sent = b"metadata:\n  name: web\ndata:\n  a: '1'\n  a: '2'\n"
    headers = {"content-type": "application/yaml"}
    told = client.post(CONFIGMAPS, sent, headers=headers)
    assert told.body["data"] == {"a": "2"}
    assert told.warnings == ('299 - "line 5: key \\"a\\" already set in map"',)
    told = client.post(CONFIGMAPS, sent, headers=headers, query={"fieldValidation": "Strict"})
    assert told.status == 400
    assert 'key "a" already set in map' in told.message


@pytest.mark.parametrize(
    "sent", [b"", b"[1", b"- 1\n", b"a: {b", b"%", b"? {a: b}\n: c\n", b"\xff"]
)
def test_yaml_that_is_no_object_is_refused(client: Client, sent: bytes) -> None:
    told = client.post(CONFIGMAPS, sent, headers={"content-type": "application/yaml"})
    assert (told.status, told.body["reason"]) == (400, "BadRequest")


@pytest.mark.parametrize("name", ["application/json", "application/json; charset=utf-8", ""])
def test_a_body_is_json_unless_it_says_otherwise(client: Client, name: str) -> None:
    headers = {"content-type": name} if name else {}
    assert client.post(CONFIGMAPS, config_map("a"), headers=headers).status == 201


def test_a_body_in_a_form_that_nobody_reads_is_refused(client: Client) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    told = client.post(CONFIGMAPS, config_map("a"), headers=headers)
    assert (told.status, told.body["reason"]) == (415, "UnsupportedMediaType")
    assert told.message.startswith("the body of the request was in an unknown format - accepted")


def test_people_get_json_that_they_can_read(client: Client) -> None:
    for answer in (
        client.get(CONFIGMAPS, query={"pretty": "true"}),
        client.get(CONFIGMAPS, headers={"user-agent": "curl/8"}),
        client.get(CONFIGMAPS, headers={"accept": "application/json;pretty=1"}),
    ):
        assert b'\n  "items": []' in answer.response.body
    plain = client.get(CONFIGMAPS, query={"pretty": "0"}, headers={"user-agent": "curl/8"})
    assert json.loads(plain.response.body)["items"] == []
    assert plain.response.body.count(b"\n") == 1
