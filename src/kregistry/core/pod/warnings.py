"""What the creator of a valid Pod should know all the same.

Source: ``pkg/api/pod/warnings.go`` GetWarningsForPod, and the strategy's WarningsOnCreate.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Final

from kregistry.core.pod.containers import AnyContainer, containers_with_paths
from kregistry.core.pod.ownkeys import has_own_keys
from kregistry.core.pod.portwarnings import port_warnings
from kregistry.core.pod.validation.annotations import SECCOMP_CONTAINER, SECCOMP_POD
from kregistry.core.pod.virtualpaths import virtual_path_warnings
from kregistry.core.v1 import EnvVar, Pod, PodAffinityTerm, PodSpec, Volume
from kregistry.meta import names
from kregistry.meta.field import Path
from kregistry.meta.goformat import quote
from kregistry.meta.quantity import Quantity

_SPEC: Final = Path("spec")
_META: Final = Path("metadata")

_NODE_LABELS: Final = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": (
        'deprecated since v1.17; use "topology.kubernetes.io/region" instead'
    ),
    "failure-domain.beta.kubernetes.io/zone": (
        'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'
    ),
    "beta.kubernetes.io/instance-type": (
        'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'
    ),
}
_ANNOTATIONS: Final = {
    "scheduler.alpha.kubernetes.io/critical-pod": (
        'non-functional in v1.16+; use the "priorityClassName" field instead'
    ),
    "security.alpha.kubernetes.io/sysctls": (
        'non-functional in v1.11+; use the "sysctls" field instead'
    ),
    "security.alpha.kubernetes.io/unsafe-sysctls": (
        'non-functional in v1.11+; use the "sysctls" field instead'
    ),
}
_GONE: Final = "non-functional in v1.31+"
#: Kinds of volumes that are on their way out: attribute, wire name, what to say.
_VOLUMES: Final = (
    (
        "photon_persistent_disk",
        "photonPersistentDisk",
        "deprecated in v1.11, non-functional in v1.16+",
    ),
    ("git_repo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scale_io", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "cephfs", f"deprecated in v1.28, {_GONE}"),
    ("rbd", "rbd", f"deprecated in v1.28, {_GONE}"),
)

_BYTES: Final = ("memory", "ephemeral-storage")

_sources_of: Final = attrgetter(*(attribute for attribute, *_ in _VOLUMES))
_NONE_OF_THEM: Final = (None,) * len(_VOLUMES)


def warnings_for_pod(pod: Pod) -> list[str]:
    """All warnings about a new Pod, in the API server's order.

    Most Pods deserve none. So each group of them is entered only where the Pod has what it is
    about, and a place gets its name when there is something to say about it.
    """
    return list(_warnings(pod))


def _warnings(pod: Pod) -> Iterator[str]:
    spec = pod.spec
    messages = names.dns1123_label(pod.metadata.name)
    if messages:
        yield (
            "metadata.name: this is used in the Pod's hostname, which can result in surprising "
            f"behavior; a DNS label is recommended: [{' '.join(messages)}]"
        )
    if spec.node_selector or spec.affinity is not None or spec.topology_spread_constraints:
        yield from _node_label_warnings(spec)
        yield from _selector_warnings(spec)
    annotated = has_own_keys(pod.metadata.annotations)
    if annotated:
        yield from _annotation_warnings(pod.metadata.annotations)
    if spec.volumes:
        yield from _volume_warnings(spec.volumes)
        yield from virtual_path_warnings(spec)
    if spec.host_aliases or spec.image_pull_secrets:
        yield from _repeated(spec)
    if spec.overhead:
        yield from _byte_warnings(_SPEC, spec.overhead, "overhead")
    if annotated:
        yield from _seccomp_warnings(pod)
    containers = containers_with_paths(spec, _SPEC)
    for container, at in containers:
        yield from _container_warnings(at, container)
    yield from port_warnings(spec, containers)
    grace = spec.termination_grace_period_seconds
    if grace is not None and grace < 0:
        yield (
            "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid "
            "and will be treated as 1"
        )
    if spec.host_aliases or spec.dns_config is not None:
        yield from _address_warnings(spec)


def _node_label_warnings(spec: PodSpec) -> Iterator[str]:
    """Labels of nodes that have another name by now."""
    for key in sorted(spec.node_selector):
        if key in _NODE_LABELS:
            yield f"{_SPEC.child('nodeSelector').key(key)}: {_NODE_LABELS[key]}"
    affinity = spec.affinity.node_affinity if spec.affinity else None
    if affinity is not None:
        at = _SPEC.child("affinity", "nodeAffinity")
        required = affinity.required_during_scheduling_ignored_during_execution
        place = at.child("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
        for number, term in enumerate(required.node_selector_terms if required else ()):
            yield from _term_labels(place.index(number), [x.key for x in term.match_expressions])
        place = at / "preferredDuringSchedulingIgnoredDuringExecution"
        preferred = affinity.preferred_during_scheduling_ignored_during_execution
        for number, weighted in enumerate(preferred):
            keys = [x.key for x in weighted.preference.match_expressions]
            yield from _term_labels(place.index(number) / "preference", keys)
    for index, constraint in enumerate(spec.topology_spread_constraints):
        at = (_SPEC / "topologySpreadConstraints").index(index) / "topologyKey"
        yield from _node_label(at, constraint.topology_key)


def _annotation_warnings(annotations: Mapping[str, str]) -> Iterator[str]:
    for key, text in _ANNOTATIONS.items():
        if key in annotations:
            yield f"{(_META / 'annotations').key(key)}: {text}"


def _term_labels(path: Path, keys: Sequence[str]) -> Iterator[str]:
    for index, key in enumerate(keys):
        yield from _node_label((path / "matchExpressions").index(index) / "key", key)


def _node_label(path: Path, key: str) -> Iterator[str]:
    if key in _NODE_LABELS:
        yield f"{path}: {key} is {_NODE_LABELS[key]}"


def _selector_warnings(spec: PodSpec) -> Iterator[str]:
    text = "a null labelSelector results in matching no pod"
    for index, constraint in enumerate(spec.topology_spread_constraints):
        if constraint.label_selector is None:
            at = (_SPEC / "topologySpreadConstraints").index(index)
            yield f"{at / 'labelSelector'}: {text}"
    for term, at in _affinity_terms(spec):
        if term.label_selector is None:
            yield f"{at / 'labelSelector'}: {text}"


def _affinity_terms(spec: PodSpec) -> Iterator[tuple[PodAffinityTerm, Path]]:
    if spec.affinity is None:
        return
    for name, affinity in (
        ("podAffinity", spec.affinity.pod_affinity),
        ("podAntiAffinity", spec.affinity.pod_anti_affinity),
    ):
        if affinity is None:
            continue
        at = _SPEC.child("affinity", name)
        required = affinity.required_during_scheduling_ignored_during_execution
        for index, term in enumerate(required):
            yield term, (at / "requiredDuringSchedulingIgnoredDuringExecution").index(index)
        preferred = affinity.preferred_during_scheduling_ignored_during_execution
        for index, weighted in enumerate(preferred):
            place = (at / "preferredDuringSchedulingIgnoredDuringExecution").index(index)
            yield weighted.pod_affinity_term, place / "podAffinityTerm"


def _volume_warnings(volumes: Sequence[Volume]) -> Iterator[str]:
    for index, volume in enumerate(volumes):
        sources = _sources_of(volume)
        if sources == _NONE_OF_THEM:
            continue
        for (_, wire, text), source in zip(_VOLUMES, sources, strict=True):
            if source is not None:
                yield f"{(_SPEC / 'volumes').index(index) / wire}: {text}"


def _repeated(spec: PodSpec) -> Iterator[str]:
    """List entries with the same key would not survive server-side apply."""
    for field, key, values in (
        ("hostAliases", "ip", [alias.ip for alias in spec.host_aliases]),
        ("imagePullSecrets", "name", [secret.name for secret in spec.image_pull_secrets]),
    ):
        seen: dict[str, int] = {}
        for index, value in enumerate(values):
            at = (_SPEC / field).index(index) / key
            if field == "imagePullSecrets" and not value:
                yield f'{at}: invalid empty name ""'
            elif value in seen:
                yield f"{at}: duplicate {key} {quote(value)}"
            seen.setdefault(value, index)


def _container_warnings(path: Path, container: AnyContainer) -> Iterator[str]:
    limits, requests = container.resources.limits, container.resources.requests
    if limits and _has_fractional_bytes(limits):
        yield from _byte_warnings(path, limits, "resources", "limits")
    if requests and _has_fractional_bytes(requests):
        yield from _byte_warnings(path, requests, "resources", "requests")
    if len(container.env) > 1:
        yield from _env_warnings(path, container.env)


def _has_fractional_bytes(amounts: Mapping[str, Quantity]) -> bool:
    for name in _BYTES:
        amount = amounts.get(name)
        if amount is not None and not amount.is_whole():
            return True
    return False


def _byte_warnings(path: Path, amounts: Mapping[str, Quantity], *where: str) -> Iterator[str]:
    for name in _BYTES:
        amount = amounts.get(name)
        if amount is not None and not amount.is_whole():
            text = f"fractional byte value {quote(str(amount))} is invalid, must be an integer"
            yield f"{path.child(*where).key(name)}: {text}"


def _seccomp_warnings(pod: Pod) -> Iterator[str]:
    annotations = pod.metadata.annotations
    if not any(key.startswith((SECCOMP_POD, SECCOMP_CONTAINER)) for key in annotations):
        return
    text = 'non-functional in v1.27+; use the "seccompProfile" field instead'
    at = _META / "annotations"
    context = pod.spec.security_context
    if SECCOMP_POD in annotations and (context is None or context.seccomp_profile is None):
        yield f"{at.key(SECCOMP_POD)}: {text}"
    for container, _ in containers_with_paths(pod.spec, _SPEC):
        own = container.security_context
        key = SECCOMP_CONTAINER + container.name
        if key in annotations and (own is None or own.seccomp_profile is None):
            yield f"{at.key(key)}: {text}"


def _env_warnings(path: Path, variables: Sequence[EnvVar]) -> Iterator[str]:
    """A variable given twice, unless the second is made from the first."""
    seen: set[str] = set()
    for index, variable in enumerate(variables):
        name = variable.name
        if name in seen and not _extends(name, variable.value):
            yield (
                f"{(path / 'env').index(index)}: hides previous definition of {quote(name)}, "
                "which may be dropped when using apply"
            )
        seen.add(name)


def _extends(name: str, value: str) -> bool:
    reference = f"$({name})"
    return reference in value and value != reference


def _address_warnings(spec: PodSpec) -> Iterator[str]:
    """IPs that are valid and not written in the shortest way."""
    given = [
        ((_SPEC / "hostAliases").index(index) / "ip", alias.ip)
        for index, alias in enumerate(spec.host_aliases)
    ]
    if spec.dns_config is not None:
        at = _SPEC.child("dnsConfig", "nameservers")
        given += [(at.index(i), ip) for i, ip in enumerate(spec.dns_config.nameservers)]
    for at, text in given:
        try:
            canonical = str(ipaddress.ip_address(text))
        except ValueError:
            continue
        if canonical != text:
            yield (
                f"{at}: IPv6 address {quote(text)} should be in RFC 5952 canonical format "
                f"({quote(canonical)})"
            )
