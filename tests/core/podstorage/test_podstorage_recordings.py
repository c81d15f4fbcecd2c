"""The parts of a Pod are answered as a real API server answered: every recorded step, exactly."""

from __future__ import annotations

from typing import Any

import pytest
from podreplay import PodReplay
from recordings import differences, dig, filled, load

from kregistry.meta.object import Object
from kregistry.storage import Interface
from kregistry.testing.clock import FakeClock

RECORDINGS = [
    "binding",
    "binding_gated",
    "binding_legacy",
    "delete_pending_pod",
    "delete_scheduled_pod_graceful",
    "delete_terminated_pod",
    "ephemeral_containers",
    "eviction_budget_allows",
    "eviction_budget_denies",
    "eviction_free",
    "eviction_running_without_budget",
    "log_exec_unscheduled",
    "pod_status_update",
    "table_pods",
]


@pytest.mark.parametrize("name", RECORDINGS)
def test_parts_of_pods_are_answered_as_recorded(
    name: str, storage: Interface[Object], clock: FakeClock
) -> None:
    recording = load(name)
    replay = PodReplay(storage, clock)
    normalize = recording.normalizer()
    saved: dict[str, Any] = {}
    for number, (step, answer) in enumerate(recording.exchanges()):
        step = filled(step, saved)
        normalize.asked(step.get("body", ""))
        response = replay.answer(step)
        if step.get("as"):
            saved[step["as"]] = response.body
        body = normalize(response.body)
        if step.get("only"):
            body = {path: dig(body, path) for path in step["only"]}
        got = {"do": step["do"], "code": response.code, "body": body}
        assert differences(answer, got) == [], f"step {number}"
