"""Defaults of a Pod: what a client need not say.

They belong to the version of the API and not to storage: they are filled in when a document
of ``v1`` is decoded, before any rule looks at the Pod.

Source: ``k8s.io/kubernetes/pkg/apis/core/v1/defaults.go``.
"""

from __future__ import annotations

from decimal import ROUND_UP, Decimal
from typing import Final

from kregistry.core.pod import resources
from kregistry.core.pod.containers import AnyContainer, all_containers
from kregistry.core.pod.conversion import normalize_pod, normalize_spec
from kregistry.core.pod.images import default_pull_policy
from kregistry.core.pod.typecheck import explaining_wrong_types
from kregistry.core.pod.volumedefaults import set_volume_defaults
from kregistry.core.v1 import (
    Container,
    HTTPGetAction,
    Pod,
    PodSecurityContext,
    PodSpec,
    Probe,
    ResourceRequirements,
)
from kregistry.meta.quantity import Quantity

_MILLI: Final = Decimal("0.001")
_MILLI_DECIMALS: Final = 3


def set_pod_defaults(pod: Pod) -> None:
    """Fill in what *pod* leaves open, and bring old spellings into the present one.

    Changes *pod*. Doing it twice changes nothing more.

    Raises:
        Invalid: Some values are of other types than declared, which a decoder does not let
            through.

    Source: ``SetObjectDefaults_Pod``, ``Convert_v1_Pod_To_core_Pod``.
    """
    with explaining_wrong_types(pod):
        _set_defaults(pod.spec)
        normalize_pod(pod)


def set_template_defaults(spec: PodSpec) -> None:
    """Fill in what the template of a controller leaves open. Changes *spec*.

    Less than for a Pod: what is filled in for Pods alone is filled in when they are made.

    Source: ``SetDefaults_PodSpec`` and what belongs to containers and volumes, as
    ``SetObjectDefaults_Deployment`` calls them.
    """
    for volume in spec.volumes:
        set_volume_defaults(volume)
    for container in all_containers(spec):
        _set_container_defaults(container)
    _round_up(spec.overhead)
    if spec.resources is not None:
        _round_requirements(spec.resources)
    _set_common_defaults(spec)
    normalize_spec(spec)


def _set_defaults(spec: PodSpec) -> None:
    for volume in spec.volumes:
        set_volume_defaults(volume)
    for container in all_containers(spec):
        _set_container_defaults(container)
    for container in (*spec.containers, *spec.init_containers):
        _request_what_is_limited(container.resources)
    _round_up(spec.overhead)
    if spec.resources is not None:
        _round_requirements(spec.resources)
        _set_pod_resources(spec, spec.resources)
    _set_spec_defaults(spec)


def _set_spec_defaults(spec: PodSpec) -> None:
    if spec.enable_service_links is None:
        spec.enable_service_links = True
    if spec.host_network:
        for container in (*spec.containers, *spec.init_containers):
            _publish_ports(container)
    _set_common_defaults(spec)


def _set_common_defaults(spec: PodSpec) -> None:
    """Source: ``SetDefaults_PodSpec``."""
    spec.dns_policy = spec.dns_policy or "ClusterFirst"
    spec.restart_policy = spec.restart_policy or "Always"
    spec.scheduler_name = spec.scheduler_name or "default-scheduler"
    if spec.security_context is None:
        spec.security_context = PodSecurityContext()
    if spec.termination_grace_period_seconds is None:
        spec.termination_grace_period_seconds = 30


def _publish_ports(container: Container) -> None:
    for port in container.ports:
        port.host_port = port.host_port or port.container_port


def _set_container_defaults(container: AnyContainer) -> None:
    if not container.image_pull_policy:
        container.image_pull_policy = default_pull_policy(container.image)
    if not container.termination_message_path:
        container.termination_message_path = "/dev/termination-log"
    container.termination_message_policy = container.termination_message_policy or "File"
    for port in container.ports:
        port.protocol = port.protocol or "TCP"
    for variable in container.env:
        source = variable.value_from
        if source is None:
            continue
        if source.field_ref is not None:
            source.field_ref.api_version = source.field_ref.api_version or "v1"
        if source.file_key_ref is not None and source.file_key_ref.optional is None:
            source.file_key_ref.optional = False
    _round_requirements(container.resources)
    for probe in (container.liveness_probe, container.readiness_probe, container.startup_probe):
        if probe is not None:
            _set_probe_defaults(probe)
    if container.lifecycle is not None:
        for hook in (container.lifecycle.post_start, container.lifecycle.pre_stop):
            _set_http_defaults(hook.http_get if hook is not None else None)


def _set_probe_defaults(probe: Probe) -> None:
    probe.timeout_seconds = probe.timeout_seconds or 1
    probe.period_seconds = probe.period_seconds or 10
    probe.success_threshold = probe.success_threshold or 1
    probe.failure_threshold = probe.failure_threshold or 3
    _set_http_defaults(probe.http_get)
    if probe.grpc is not None and probe.grpc.service is None:
        probe.grpc.service = ""


def _set_http_defaults(action: HTTPGetAction | None) -> None:
    if action is not None:
        action.path = action.path or "/"
        action.scheme = action.scheme or "HTTP"


def _request_what_is_limited(requirements: ResourceRequirements) -> None:
    for name, limit in requirements.limits.items():
        requirements.requests.setdefault(name, limit)


def _set_pod_resources(spec: PodSpec, requirements: ResourceRequirements) -> None:
    """Complete what the Pod says of all its containers together.

    Source: ``setDefaults_Pod`` with pod-level resources: defaultHugePagePodLimits and
    defaultPodRequests.
    """
    limits, requests = requirements.limits, requirements.requests
    if limits or requests:
        for name, total in resources.aggregate(spec, "limits").items():
            if resources.is_huge_page(name):
                limits.setdefault(name, total)
    if not limits:
        return
    for name, total in resources.aggregate(spec, "requests").items():
        if resources.is_supported_for_pods(name) and resources.is_overcommit_allowed(name):
            requests.setdefault(name, total)
    for name, limit in limits.items():
        if resources.is_supported_for_pods(name):
            requests.setdefault(name, limit)


def _round_requirements(requirements: ResourceRequirements) -> None:
    _round_up(requirements.limits)
    _round_up(requirements.requests)


def _round_up(amounts: dict[str, Quantity]) -> None:
    """Nothing is counted in less than thousandths. Source: ``SetDefaults_ResourceList``."""
    for name, amount in amounts.items():
        if amount.decimals() > _MILLI_DECIMALS:
            amounts[name] = round_up_to_milli(amount)


def round_up_to_milli(quantity: Quantity) -> Quantity:
    """*quantity* itself if it has no more than three decimals, else rounded away from 0."""
    if quantity.decimals() <= _MILLI_DECIMALS:
        return quantity
    rounded = quantity.amount.quantize(_MILLI, rounding=ROUND_UP)
    return Quantity.of(rounded, format=quantity.format)
