"""The word that a Pod's status comes down to, and the other cells of its row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from podfactory import CODEC, manifest

from kregistry.core.pod import POD_TABLE
from kregistry.core.v1 import Pod
from kregistry.meta.object import ObjectList
from kregistry.testing.clock import EPOCH

RAN = {"running": {}}
SIDECAR = {"name": "s", "image": "i", "restartPolicy": "Always"}


def ended(code: int = 0, **more: Any) -> dict[str, Any]:
    return {"terminated": {"exitCode": code, **more}}


def waiting(reason: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason}}


def status(name: str, state: dict[str, Any], **more: Any) -> dict[str, Any]:
    filled = {"ready": False, "restartCount": 0, "image": "", "imageID": "", "lastState": {}}
    return {"name": name, "state": state, **filled, **more}


def row(
    spec: dict[str, Any], state: dict[str, Any], meta: dict[str, Any] | None = None
) -> list[Any]:
    document = manifest(meta=meta, **spec)
    document["status"] = state
    pod = CODEC.from_dict(document, Pod)
    (found,) = POD_TABLE.convert_to_table(pod, now=EPOCH).rows
    return found.cells


def cells(
    *main: dict[str, Any],
    init: list[dict[str, Any]] | None = None,
    spec: dict[str, Any] | None = None,
    meta: dict[str, Any] | None = None,
    **state: Any,
) -> list[Any]:
    wanted = {"containerStatuses": list(main), "initContainerStatuses": init or [], **state}
    return row(spec or {}, {"phase": "Running", **wanted}, meta)[1:4]


INIT = {"initContainers": [{"name": "a", "image": "i"}, {"name": "b", "image": "i"}]}
WITH_SIDECAR = {"initContainers": [SIDECAR]}
GOING = {"deletionTimestamp": "2024-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (cells(phase="Pending"), ["0/1", "Pending", "0"]),
        (cells(phase="Failed", reason="Evicted"), ["0/1", "Evicted", "0"]),
        (cells(status("c", RAN, ready=True, restartCount=3)), ["1/1", "Running", "3"]),
        (cells(status("c", RAN)), ["0/1", "Running", "0"]),
        (cells(status("c", waiting("CrashLoopBackOff"))), ["0/1", "CrashLoopBackOff", "0"]),
        (cells(status("c", ended(1, reason="Error"))), ["0/1", "Error", "0"]),
        (cells(status("c", ended(3))), ["0/1", "ExitCode:3", "0"]),
        (cells(status("c", ended(0, signal=9))), ["0/1", "Signal:9", "0"]),
        (
            cells(status("c", waiting("First")), status("d", waiting("Second"))),
            ["0/1", "First", "0"],
        ),
        # Completed is never the whole story while others run.
        (
            cells(
                status("c", ended(reason="Completed")),
                status("d", RAN, ready=True),
                conditions=[{"type": "Ready", "status": "True"}],
            ),
            ["1/1", "Running", "0"],
        ),
        (
            cells(status("c", ended(reason="Completed")), status("d", RAN, ready=True)),
            ["1/1", "NotReady", "0"],
        ),
        (
            cells(status("c", ended(reason="Completed")), status("d", ended(1, reason="Error"))),
            ["0/1", "Error", "0"],
        ),
        (
            cells(
                status("c", ended(reason="Completed")),
                status("d", ended(1, reason="Error")),
                status("e", RAN, ready=True),
            ),
            ["1/1", "Error", "0"],
        ),
        (cells(status("c", ended(reason="Completed"))), ["0/1", "Completed", "0"]),
        # Init containers come first.
        (
            cells(spec=INIT, init=[status("a", RAN), status("b", waiting("PodInitializing"))]),
            ["0/1", "Init:0/2", "0"],
        ),
        (
            cells(
                spec=INIT,
                init=[
                    status("a", ended(), restartCount=2),
                    status("b", waiting("PodInitializing")),
                ],
            ),
            ["0/1", "Init:1/2", "2"],
        ),
        (cells(spec=INIT, init=[status("a", waiting("Pull"))]), ["0/1", "Init:Pull", "0"]),
        (cells(spec=INIT, init=[status("a", waiting())]), ["0/1", "Init:0/2", "0"]),
        (
            cells(spec=INIT, init=[status("a", ended(1, reason="Error"))]),
            ["0/1", "Init:Error", "0"],
        ),
        (cells(spec=INIT, init=[status("a", ended(4))]), ["0/1", "Init:ExitCode:4", "0"]),
        (cells(spec=INIT, init=[status("a", ended(1, signal=9))]), ["0/1", "Init:Signal:9", "0"]),
        (
            cells(
                status("c", RAN, ready=True),
                spec=INIT,
                init=[status("a", ended(), restartCount=5), status("b", ended())],
            ),
            ["1/1", "Running", "0"],
        ),
        # Sidecars count among the containers.
        (
            cells(
                status("c", RAN, ready=True, restartCount=1),
                spec=WITH_SIDECAR,
                init=[status("s", RAN, ready=True, started=True, restartCount=2)],
            ),
            ["2/2", "Running", "3"],
        ),
        (
            cells(
                status("c", RAN, ready=True),
                spec=WITH_SIDECAR,
                init=[status("s", ended(1), started=True, restartCount=1)],
            ),
            ["1/2", "Running", "1"],
        ),
        (
            cells(
                status("c", RAN, ready=True),
                spec=WITH_SIDECAR,
                init=[status("s", ended(), started=True, ready=True)],
            ),
            ["1/2", "Running", "0"],
        ),
        (
            cells(spec=WITH_SIDECAR, init=[status("s", RAN, started=False)]),
            ["0/2", "Init:0/1", "0"],
        ),
        (
            cells(
                status("c", RAN, ready=True),
                spec=WITH_SIDECAR,
                init=[status("s", waiting("Crash"))],
                conditions=[{"type": "Initialized", "status": "True"}],
            ),
            ["1/2", "Init:Crash", "0"],
        ),
        # Gates, and the end.
        (
            cells(
                phase="Pending",
                conditions=[
                    {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}
                ],
            ),
            ["0/1", "SchedulingGated", "0"],
        ),
        (cells(status("c", RAN, ready=True), meta=GOING), ["1/1", "Terminating", "0"]),
        (cells(meta=GOING, phase="Succeeded"), ["0/1", "Succeeded", "0"]),
        (cells(meta=GOING, reason="NodeLost"), ["0/1", "Unknown", "0"]),
    ],
)
def test_the_cells_of_a_pod(found: list[Any], expected: list[Any]) -> None:
    assert found == expected


def test_restarts_tell_when_the_last_one_was() -> None:
    last = {"terminated": {"exitCode": 1, "finishedAt": "2023-12-31T23:55:00Z"}}
    older = {"terminated": {"exitCode": 1, "finishedAt": "2023-12-31T22:00:00Z"}}
    found = cells(
        status("c", RAN, restartCount=1, lastState=last),
        status("d", RAN, restartCount=4, lastState=older),
    )
    assert found[2] == "5 (5m ago)"


def test_wide_cells_and_gates() -> None:
    spec = {
        "nodeName": "n1",
        "readinessGates": [{"conditionType": "x/a"}, {"conditionType": "x/b"}],
    }
    state = {
        "phase": "Running",
        "podIPs": [{"ip": "10.1.2.3"}, {"ip": "fd00::1"}],
        "nominatedNodeName": "n2",
        "conditions": [{"type": "x/a", "status": "True"}, {"type": "x/b", "status": "False"}],
    }
    created = str((EPOCH - timedelta(days=370)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    found = row(spec, state, {"creationTimestamp": created})
    assert found == ["foo", "0/1", "Running", "0", "370d", "10.1.2.3", "n1", "n2", "1/2"]


@pytest.mark.parametrize(
    ("phase", "reason", "message"),
    [
        ("Succeeded", "Succeeded", "The pod has completed successfully."),
        ("Failed", "Failed", "The pod failed."),
    ],
)
def test_a_pod_that_has_ended_is_marked(phase: str, reason: str, message: str) -> None:
    pod = CODEC.from_dict({**manifest(), "status": {"phase": phase}}, Pod)
    (found,) = POD_TABLE.convert_to_table(pod, now=EPOCH).rows
    (condition,) = found.conditions
    assert (condition.type, condition.status, condition.reason, condition.message) == (
        "Completed",
        "True",
        reason,
        message,
    )


def test_an_empty_pod_and_an_empty_list_are_tables_too() -> None:
    (found,) = POD_TABLE.convert_to_table(Pod(), now=EPOCH).rows
    assert found.cells == ["", "0/0", "", "0", "<unknown>", *["<none>"] * 4]
    table = POD_TABLE.convert_to_table(ObjectList(items=[]), now=EPOCH)
    assert table.rows == []
    assert len(table.column_definitions) == 9
