"""Creating Pods is answered as a real API server answered: every recorded step, exactly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from podrequests import PodRequests
from recordings import differences, filled, load

from kregistry.meta.object import Object
from kregistry.storage import Interface
from storages import KINDS, opened

RECORDINGS = [
    "create_bad_names",
    "create_dry_run",
    "create_generate_name",
    "create_labels_annotations_invalid",
    "create_missing_namespace",
    "create_namespace_mismatch",
    "create_no_name",
    "create_pod_defaults",
    "create_pod_twice",
    "create_server_owned_fields",
    "create_unknown_and_duplicate_fields",
    "create_with_resource_version",
    "create_wrong_kind",
    "pod_qos_classes",
    "pod_quantity_canonical",
    "update_pod_immutable_spec",
    "validate_pod_containers",
    "validate_pod_spec",
]

#: Steps that something else than Pods and their Store answers, and what that is.
ELSEWHERE = {
    ("create_missing_namespace", 0): (
        "admission (NamespaceLifecycle) refuses a namespace that does not exist"
    ),
}


@pytest.fixture(params=KINDS)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Interface[Object]]:
    with opened(request, tmp_path) as storage:
        yield storage


@pytest.mark.parametrize("name", RECORDINGS)
def test_pods_are_answered_as_recorded(name: str, storage: Interface[Object]) -> None:
    recording = load(name)
    requests = PodRequests(storage)
    normalize = recording.normalizer()
    saved: dict[str, Any] = {}
    for number, (step, answer) in enumerate(recording.exchanges()):
        if (name, number) in ELSEWHERE:
            continue
        step = filled(step, saved)
        normalize.asked(step.get("body", ""))
        response = requests.answer(step)
        if step.get("as"):
            saved[step["as"]] = response.body
        got = {"do": step["do"], "code": response.code, "body": normalize(response.body)}
        if response.warnings:
            got["warnings"] = response.warnings
        assert differences(answer, got) == [], f"step {number}"


def test_steps_that_are_answered_elsewhere_exist() -> None:
    for name, number in ELSEWHERE:
        assert number < len(load(name).steps)
