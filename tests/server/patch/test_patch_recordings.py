"""The recorded conversations, as far as they are about the document and the patch alone."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import recordings
from patchcases import failure

from kregistry.meta.gvk import GroupVersionKind
from kregistry.server.patch import PatchType, apply_patch, builtin_schema, patch_type_of

SHORT = {"json": PatchType.JSON, "merge": PatchType.MERGE, "strategic": PatchType.STRATEGIC}
#: What the registry adds to an object after it was patched.
BOOKKEEPING = ("resourceVersion", "generation")


def content(body: dict[str, Any]) -> dict[str, Any]:
    """An object without what the registry adds. Absent and empty are one on the wire."""
    found = copy.deepcopy(body)
    for name in BOOKKEEPING:
        found["metadata"].pop(name, None)
    return {key: value for key, value in found.items() if value != {}}


@pytest.mark.parametrize("name", ["patch_json", "patch_merge", "patch_strategic_lists"])
def test_patches_make_of_objects_what_a_real_server_made(name: str) -> None:
    recording = recordings.load(name)
    document: dict[str, Any] = {}
    compared = 0
    for step, answer in recording.exchanges():
        if step["do"] != "patch":
            document = answer["body"]
            continue
        kind = GroupVersionKind.of(document["apiVersion"], document["kind"])
        call = (SHORT[step["kind"]], document, step["body"])
        if answer["code"] == 200:
            made = apply_patch(*call, schema=builtin_schema(kind))
            assert recordings.differences(content(answer["body"]), content(made)) == []
            document = answer["body"]
        elif answer["code"] == 409:  # the store's answer to the version that the patch sets
            made = apply_patch(*call)
            assert made["metadata"]["resourceVersion"] == "1"
        else:
            error = failure(apply_patch, *call)
            assert error.status.code == answer["code"]
            body = answer["body"]
            assert recordings.differences(body["message"], error.status.message) == []
            assert error.status.reason == body["reason"]
            assert (error.status.details is None) == ("details" not in body)
        compared += 1
    assert compared >= 5


def test_a_type_that_is_no_patch_is_refused_as_a_real_server_did() -> None:
    recording = recordings.load("patch_unsupported_type")
    step, answer = list(recording.exchanges())[1]
    status = failure(patch_type_of, step["kind"]).status
    body = answer["body"]
    assert (status.code, status.reason, status.message) == (
        body["code"], body["reason"], body["message"],
    )  # fmt: skip
    assert status.details is not None
    assert "details" in body
