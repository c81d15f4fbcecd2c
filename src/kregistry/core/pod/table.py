"""The table of Pods: nine columns, and what their status comes down to in one word.

Source: ``k8s.io/kubernetes/pkg/printers/internalversion`` printPod, podColumnDefinitions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import attrs

from kregistry.core.pod.addresses import pod_ip
from kregistry.core.pod.conditions import find_condition
from kregistry.core.pod.containers import is_sidecar
from kregistry.core.v1 import (
    ContainerState,
    ContainerStateTerminated,
    ContainerStatus,
    Pod,
    PodStatus,
)
from kregistry.meta.gvk import GroupResource
from kregistry.meta.table import TableRowCondition
from kregistry.meta.time import Time
from kregistry.registry.ages import age
from kregistry.registry.tables import AGE, NAME, Column, Columns

_NONE: Final = "<none>"
_COMPLETED: Final = "Completed"
_GATED: Final = "SchedulingGated"
_INITIALIZING: Final = "PodInitializing"
_TERMINAL: Final = {
    "Succeeded": ("Succeeded", "The pod has completed successfully."),
    "Failed": ("Failed", "The pod failed."),
}

# Clients see these texts as they are, so they are the API server's.
_READY: Final = "The aggregate readiness state of this pod for accepting traffic."
_STATUS: Final = "The aggregate status of the containers in this pod."
_RESTARTS: Final = (
    "The number of times the containers in this pod have been restarted and when the last "
    "container in this pod has restarted."
)
_IP: Final = (
    "podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet "
    "allocated."
)
_NODE: Final = (
    "NodeName indicates in which node this pod is scheduled. If empty, this pod is a candidate "
    "for scheduling by the scheduler defined in schedulerName. Once this field is set, the "
    "kubelet for this node becomes responsible for the lifecycle of this pod. This field should "
    "not be used to express a desire for the pod to be scheduled on a specific node. "
    "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename"
)
_NOMINATED: Final = (
    "nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot "
    "be scheduled right away as preemption victims receive their graceful termination periods. "
    "This field does not guarantee that the pod will be scheduled on this node. Scheduler may "
    "decide to place the pod elsewhere if other nodes become available sooner. Scheduler may "
    "also decide to give the resources on this node to a higher priority pod that is created "
    "after preemption. As a result, this field may be different than PodSpec.nodeName when the "
    "pod is scheduled."
)
_GATES: Final = (
    "If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when "
    "all its containers are ready AND all conditions specified in the readiness gates have "
    'status equal to "True" More info: '
    "https://git.k8s.io/enhancements/keps/sig-network/580-pod-readiness-gates"
)


@attrs.frozen
class PodSummary:
    """What the statuses of all containers come down to.

    Attributes:
        status: One word, as ``kubectl get pods`` shows it.
        ready: How many containers run and are ready, sidecars included.
        total: How many there should be.
        restarts: How often containers were restarted.
        last_restart: When the last one was; None if that is not known.
    """

    status: str
    ready: int
    total: int
    restarts: int
    last_restart: Time | None


def summarize(pod: Pod) -> PodSummary:
    """The summary of *pod*."""
    sidecars = {each.name for each in pod.spec.init_containers if is_sidecar(each)}
    total = len(pod.spec.containers) + len(sidecars)
    stopped, seen = _initialize(pod, sidecars)
    beside = [status for status in seen if status.name in sidecars]
    ready = sum(1 for each in beside if each.started and each.ready and not _ended_well(each.state))
    counted: Sequence[ContainerStatus] = seen
    reason = stopped if stopped is not None else _phase(pod.status)
    if stopped is None or _is_true(pod.status, "Initialized"):
        reason = _main_reason(pod.status, reason)
        ready += sum(map(_is_up, pod.status.container_statuses))
        counted = [*beside, *pod.status.container_statuses]
    restarts = sum(status.restart_count for status in counted)
    finished = [_finished(status) for status in counted]
    last = max((moment for moment in finished if moment is not None), default=None)
    return PodSummary(_leaving(pod, reason), ready, total, restarts, last)


def _phase(status: PodStatus) -> str:
    """Where the search for a word begins."""
    if any(
        condition.type == "PodScheduled" and condition.reason == _GATED
        for condition in status.conditions
    ):
        return _GATED
    return status.reason or status.phase


def _initialize(pod: Pod, sidecars: set[str]) -> tuple[str | None, list[ContainerStatus]]:
    """What keeps the Pod from being initialised, None for nothing; and who was asked."""
    statuses = pod.status.init_container_statuses
    total = len(pod.spec.init_containers)
    for index, status in enumerate(statuses):
        reason = _init_reason(status, sidecar=status.name in sidecars)
        if reason is not None:
            return f"Init:{reason or f'{index}/{total}'}", statuses[: index + 1]
    return None, statuses


def _init_reason(status: ContainerStatus, *, sidecar: bool) -> str | None:
    """Why the next init container has to wait; "" without a word for it, None if it has not."""
    ended, waiting = status.state.terminated, status.state.waiting
    if _ended_well(status.state) or (sidecar and status.started):
        return None
    if ended is not None:
        return _how_it_ended(ended)
    if waiting is not None and waiting.reason != _INITIALIZING:
        return waiting.reason
    return ""


def _ended_well(state: ContainerState) -> bool:
    return state.terminated is not None and state.terminated.exit_code == 0


def _main_reason(status: PodStatus, reason: str) -> str:
    """The word that the first container with something to say gives, and its context."""
    failed = ""
    for each in reversed(status.container_statuses):
        found = _container_reason(each.state)
        if found:
            reason = found
            ended = each.state.terminated
            if each.state.waiting is None and ended is not None and ended.exit_code:
                failed = found
    if reason != _COMPLETED:
        return reason
    if any(map(_is_up, status.container_statuses)):
        return "Running" if _is_true(status, "Ready") else failed or "NotReady"
    return failed or reason


def _container_reason(state: ContainerState) -> str:
    if state.waiting is not None and state.waiting.reason:
        return state.waiting.reason
    return _how_it_ended(state.terminated) if state.terminated is not None else ""


def _how_it_ended(state: ContainerStateTerminated) -> str:
    if state.reason:
        return state.reason
    return f"Signal:{state.signal}" if state.signal else f"ExitCode:{state.exit_code}"


def _is_up(status: ContainerStatus) -> bool:
    return status.ready and status.state.running is not None


def _finished(status: ContainerStatus) -> Time | None:
    """When the container ended last, before it was restarted."""
    ended = status.last_state.terminated
    return ended.finished_at if ended is not None else None


def _leaving(pod: Pod, reason: str) -> str:
    """A Pod that is being deleted says so, whatever its containers do."""
    if pod.metadata.deletion_timestamp is None:
        return reason
    if pod.status.reason == "NodeLost":
        return "Unknown"
    return reason if pod.status.phase in _TERMINAL else "Terminating"


def _is_true(status: PodStatus, kind: str) -> bool:
    found = find_condition(status, kind)
    return found is not None and found.status == "True"


# The cells.


def _ready_cell(pod: Pod, now: datetime) -> str:
    summary = summarize(pod)
    return f"{summary.ready}/{summary.total}"


def _status_cell(pod: Pod, now: datetime) -> str:
    return summarize(pod).status


def _restarts_cell(pod: Pod, now: datetime) -> str:
    summary = summarize(pod)
    if not summary.restarts or summary.last_restart is None:
        return str(summary.restarts)
    return f"{summary.restarts} ({age(summary.last_restart, now)} ago)"


def _ip_cell(pod: Pod, now: datetime) -> str:
    return pod_ip(pod) or _NONE


def _node_cell(pod: Pod, now: datetime) -> str:
    return pod.spec.node_name or _NONE


def _nominated_cell(pod: Pod, now: datetime) -> str:
    return pod.status.nominated_node_name or _NONE


def _gates_cell(pod: Pod, now: datetime) -> str:
    gates = pod.spec.readiness_gates
    if not gates:
        return _NONE
    true = sum(1 for gate in gates if _is_true(pod.status, gate.condition_type))
    return f"{true}/{len(gates)}"


def _row_conditions(pod: Pod) -> list[TableRowCondition]:
    """A Pod that has ended is marked as completed, however it ended."""
    ended = _TERMINAL.get(pod.status.phase)
    if ended is None:
        return []
    reason, message = ended
    return [TableRowCondition(type=_COMPLETED, status="True", reason=reason, message=message)]


#: What ``kubectl get pods`` shows, with ``-o wide`` the whole of it.
POD_TABLE: Final[Columns[Pod]] = Columns(
    GroupResource("", "pods"),
    (
        NAME,
        Column("Ready", _ready_cell, description=_READY),
        Column("Status", _status_cell, description=_STATUS),
        Column("Restarts", _restarts_cell, description=_RESTARTS),
        AGE,
        Column("IP", _ip_cell, description=_IP, priority=1),
        Column("Node", _node_cell, description=_NODE, priority=1),
        Column("Nominated Node", _nominated_cell, description=_NOMINATED, priority=1),
        Column("Readiness Gates", _gates_cell, description=_GATES, priority=1),
    ),
    conditions=_row_conditions,
)
