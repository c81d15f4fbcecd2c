"""The specification of a Pod, in the order in which the API server judges it.

Source: ``ValidatePodSpec``.
"""

from __future__ import annotations

from typing import Final

from kregistry.core.pod.containers import AnyContainer, all_containers, containers_with_paths
from kregistry.core.pod.validation.checks import (
    MAX_INT32,
    between,
    follow,
    require_supported,
)
from kregistry.core.pod.validation.claims import check_resource_claims
from kregistry.core.pod.validation.container import (
    Surroundings,
    check_containers,
    check_ephemeral_containers,
    check_init_containers,
)
from kregistry.core.pod.validation.network import check_aliases, check_dns, check_host_names
from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.pod.validation.resources import (
    check_overhead,
    check_pod_resources,
    claim_names,
)
from kregistry.core.pod.validation.scheduling import (
    check_affinity,
    check_gates,
    check_spread,
    check_tolerations,
)
from kregistry.core.pod.validation.security import check_pod_security_context
from kregistry.core.pod.validation.volumes import check_volumes
from kregistry.core.pod.validation.windows import check_host_process, check_os
from kregistry.core.v1 import PodSpec, Volume
from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.registry.validation import validate_labels

RESTART_POLICIES: Final = ("Always", "OnFailure", "Never")
DNS_POLICIES: Final = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
PREEMPTION_POLICIES: Final = ("PreemptLowerPriority", "Never")

_NO_HOST_USERS: Final = "when `hostUsers` is false"


def check_spec(
    errs: ErrorList, path: Path, spec: PodSpec, meta: ObjectMeta, options: PodValidationOptions
) -> None:
    """Everything that is wrong with a specification, whatever its history.

    What few Pods have is not gone into for the others. Their lists are asked for their length,
    because None in place of a list is a mistake that must come to light.

    Args:
        errs: Gets what is wrong.
        path: Where the specification is.
        spec: The specification, with defaults; only read.
        meta: Metadata of the Pod.
        options: What is tolerated.
    """
    if spec.termination_grace_period_seconds is None:
        errs.required(path / "terminationGracePeriodSeconds")
    volumes = check_volumes(errs, path / "volumes", spec.volumes, meta, options)
    if len(spec.resource_claims):
        check_resource_claims(errs, path / "resourceClaims", spec.resource_claims, meta)
    grace, host_users = spec.termination_grace_period_seconds or 0, spec.host_users is not False
    pod = Surroundings(spec, volumes, claim_names(spec), options, grace, host_users)
    check_containers(errs, path / "containers", pod)
    if len(spec.init_containers):
        check_init_containers(errs, path / "initContainers", pod)
    if len(spec.ephemeral_containers):
        check_ephemeral_containers(errs, path / "ephemeralContainers", pod)
    if spec.resources is not None:
        check_pod_resources(errs, path / "resources", spec, spec.resources, options)
    if spec.host_network:
        _check_host_ports(errs, path / "containers", spec)
    if spec.restart_policy not in RESTART_POLICIES:
        require_supported(errs, path / "restartPolicy", spec.restart_policy, RESTART_POLICIES)
    if spec.dns_policy not in DNS_POLICIES:
        require_supported(errs, path / "dnsPolicy", spec.dns_policy, DNS_POLICIES)
    _check_placement(errs, path, spec, options)
    check_host_process(errs, path, spec, options)
    _check_host_users(errs, path, spec, options)
    check_host_names(errs, path, spec)
    _check_names(errs, path, spec)
    _check_priority(errs, path, spec)
    if spec.overhead:
        check_overhead(errs, path / "overhead", spec.overhead, options)
    check_os(errs, path, spec)
    _check_variable_files(errs, path, spec, volumes)


def _check_placement(
    errs: ErrorList, path: Path, spec: PodSpec, options: PodValidationOptions
) -> None:
    """Where it may run, as whom, and what it waits for."""
    if len(spec.node_selector):
        errs += validate_labels(spec.node_selector, path / "nodeSelector")
    check_pod_security_context(errs, path / "securityContext", spec, options)
    if spec.affinity is not None:
        check_affinity(errs, path / "affinity", spec.affinity, options)
    check_dns(errs, path / "dnsConfig", spec.dns_policy, spec.dns_config)
    for index, gate in enumerate(spec.readiness_gates):
        at = (path / "readinessGates").index(index) / "conditionType"
        follow(errs, at, gate.condition_type, names.qualified_name)
    if len(spec.scheduling_gates):
        check_gates(errs, path / "schedulingGates", spec.scheduling_gates)
    if len(spec.topology_spread_constraints):
        constraints = spec.topology_spread_constraints
        check_spread(errs, path / "topologySpreadConstraints", constraints, options)


def _check_host_ports(errs: ErrorList, path: Path, spec: PodSpec) -> None:
    """On the host's network a port is a port of the host."""
    for number, container in enumerate(spec.containers):
        for index, port in enumerate(container.ports):
            if port.host_port != port.container_port:
                at = path.index(number).child("ports").index(index) / "hostPort"
                detail = "must match `containerPort` when `hostNetwork` is true"
                errs.invalid(at, port.host_port, detail)


def _check_host_users(
    errs: ErrorList, path: Path, spec: PodSpec, options: PodValidationOptions
) -> None:
    """Users of its own do not go with namespaces of the host."""
    if spec.host_users is not False:
        return
    if spec.host_network and not options.user_namespace_with_host_network:
        errs.forbidden(path / "hostNetwork", _NO_HOST_USERS)
    if spec.host_pid:
        errs.forbidden(path / "HostPID", _NO_HOST_USERS)
    if spec.host_ipc:
        errs.forbidden(path / "HostIPC", _NO_HOST_USERS)
    if options.user_namespace_with_devices:
        return
    for container, at in containers_with_paths(spec, path):
        if container.volume_devices:
            errs.forbidden(at / "volumeDevices", _NO_HOST_USERS)


def _check_names(errs: ErrorList, path: Path, spec: PodSpec) -> None:
    """Names of other things and of itself, and how long it may take."""
    if spec.service_account_name:
        for message in names.dns1123_subdomain(spec.service_account_name):
            errs.invalid(path / "serviceAccountName", spec.service_account_name, message)
    if spec.node_name:
        for message in names.dns1123_subdomain(spec.node_name):
            errs.invalid(path / "nodeName", spec.node_name, message)
    if spec.active_deadline_seconds is not None:
        at = path / "activeDeadlineSeconds"
        between(errs, at, spec.active_deadline_seconds, 1, MAX_INT32)
    if spec.hostname:
        follow(errs, path / "hostname", spec.hostname, names.dns1123_label)
    if spec.subdomain:
        follow(errs, path / "subdomain", spec.subdomain, names.dns1123_label)
    if len(spec.tolerations):
        check_tolerations(errs, path / "tolerations", spec.tolerations)
    if len(spec.host_aliases):
        check_aliases(errs, path / "hostAliases", spec.host_aliases)


def _check_priority(errs: ErrorList, path: Path, spec: PodSpec) -> None:
    if spec.priority_class_name:
        at = path / "priorityClassName"
        follow(errs, at, spec.priority_class_name, names.dns1123_subdomain)
    if spec.runtime_class_name is not None:
        at = path / "runtimeClassName"
        follow(errs, at, spec.runtime_class_name, names.dns1123_subdomain)
    if spec.preemption_policy not in (None, *PREEMPTION_POLICIES):
        at, policy = path / "preemptionPolicy", spec.preemption_policy
        require_supported(errs, at, policy, PREEMPTION_POLICIES)


def _check_variable_files(
    errs: ErrorList, path: Path, spec: PodSpec, volumes: dict[str, Volume]
) -> None:
    """A file with variables lies in a volume that is empty at first."""
    if not any(map(_reads_files, all_containers(spec))):
        return
    for container, at in containers_with_paths(spec, path):
        for index, variable in enumerate(container.env):
            source = variable.value_from.file_key_ref if variable.value_from else None
            if source is None or not source.volume_name:
                continue
            place = (at / "env").index(index).child("valueFrom", "fileKeyRef", "volumeName")
            volume = volumes.get(source.volume_name)
            if volume is None:
                errs.not_found(place, source.volume_name)
            elif volume.empty_dir is None:
                detail = "referenced volume must be of type emptyDir"
                errs.invalid(place, source.volume_name, detail)


def _reads_files(container: AnyContainer) -> bool:
    """Whether the value of a variable is in a file."""
    for variable in container.env:
        if variable.value_from and variable.value_from.file_key_ref is not None:
            return True
    return False
