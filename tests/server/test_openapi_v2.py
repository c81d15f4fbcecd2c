"""What is said to clients that ask for the older description."""

from __future__ import annotations

import pytest
from asking import Client

from kregistry.server.openapi_v2 import ANSWERED, ASKED, older_document


def test_who_does_not_ask_for_protobuf_gets_json(client: Client) -> None:
    answer = client.ask("GET", "/openapi/v2", headers={"accept": "application/json"})
    assert answer.status == 200
    assert answer.body == {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": "v1.36.0"},
        "paths": {},
    }


@pytest.mark.parametrize("spelling", [ASKED, ANSWERED])
def test_who_asks_for_protobuf_gets_it(spelling: str) -> None:
    document = older_document("v1.36.0", accept=f"{spelling};q=0.9, application/json;q=0.1")
    assert document.media_type == ANSWERED
    # Document{swagger: "2.0", info: Info{title: "Kubernetes", version: "v1.36.0"}}
    info = b"\x0a\x0aKubernetes\x12\x07v1.36.0"
    assert document.body == b"\x0a\x032.0\x12" + bytes([len(info)]) + info


def test_a_long_release_is_written_with_its_whole_length() -> None:
    release = "v1.36.0-" + "a" * 300
    body = older_document(release, accept=ASKED).body
    assert release.encode() in body
    assert b"\x12\xb4\x02v1.36.0-" in body  # 308 = 0x34 + 2 * 0x80


def test_the_two_forms_are_kept_apart_by_caches() -> None:
    forms = [older_document("v1.36.0", accept=accept) for accept in ("", ASKED)]
    assert forms[0].etag != forms[1].etag
    assert all(("Vary", "Accept") in each.headers for each in forms)
