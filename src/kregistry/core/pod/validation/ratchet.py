"""What an update puts up with because the stored Pod has it already.

Source: ``pkg/api/pod`` GetValidationOptionsFromPodSpecAndMeta.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from kregistry.core.pod import resources
from kregistry.core.pod.containers import all_containers, is_sidecar
from kregistry.core.pod.labelkeys import pod_affinity_terms
from kregistry.core.pod.validation.annotations import DELETION_COST, is_deletion_cost
from kregistry.core.pod.validation.checks import local_path
from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.pod.validation.security import uses_host_sysctl
from kregistry.core.pod.validation.selectors import check_label_selector
from kregistry.core.v1 import Pod, PodSpec
from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.labelselector import LabelSelector
from kregistry.meta.quantity import Quantity


def options_for_update(base: PodValidationOptions, old: Pod) -> PodValidationOptions:
    """*base*, and what *old* does."""
    spec, status = old.spec, old.status
    cost = old.metadata.annotations.get(DELETION_COST)
    no_host_users = spec.host_users is False
    return attrs.evolve(
        base,
        indivisible_huge_pages=_has_indivisible_pages(spec),
        bad_affinity_label_values=any(map(_has_bad_values, _affinity_selectors(spec))),
        bad_spread_selectors=any(
            _is_bad(constraint.label_selector) for constraint in spec.topology_spread_constraints
        ),
        bad_node_affinity_values=_has_bad_node_values(spec),
        host_sysctls=uses_host_sysctl(spec),
        nonlocal_token_path=any(map(_is_nonlocal, _token_paths(spec))),
        bad_deletion_cost=cost is not None and not is_deletion_cost(cost),
        old_ips=frozenset(
            [entry.ip for entry in status.pod_ips] + [entry.ip for entry in status.host_ips]
        ),
        user_namespace_with_devices=no_host_users
        and any(container.volume_devices for container in all_containers(spec)),
        user_namespace_with_host_network=no_host_users and spec.host_network,
        resize_restart_of_init=_restarts_init(spec),
    )


def _has_indivisible_pages(spec: PodSpec) -> bool:
    amounts: Iterator[tuple[str, Quantity]] = (
        item
        for container in all_containers(spec)
        for side in (container.resources.limits, container.resources.requests)
        for item in side.items()
    )
    return any(
        resources.is_huge_page(name) and not resources.is_whole_pages(name, amount)
        for name, amount in amounts
    )


def _affinity_selectors(spec: PodSpec) -> Iterator[LabelSelector | None]:
    for term in pod_affinity_terms(spec):
        yield term.label_selector
        yield term.namespace_selector


def _has_bad_values(selector: LabelSelector | None) -> bool:
    return selector is not None and any(
        names.label_value(value)
        for requirement in selector.match_expressions
        for value in requirement.values
    )


def _is_bad(selector: LabelSelector | None) -> bool:
    errs = ErrorList()
    check_label_selector(errs, Path("selector"), selector)
    return bool(errs)


def _has_bad_node_values(spec: PodSpec) -> bool:
    node = spec.affinity.node_affinity if spec.affinity else None
    required = node.required_during_scheduling_ignored_during_execution if node else None
    return any(
        names.label_value(value)
        for term in (required.node_selector_terms if required else ())
        for requirement in term.match_expressions
        for value in requirement.values
    )


def _token_paths(spec: PodSpec) -> Iterator[str]:
    for volume in spec.volumes:
        for source in volume.projected.sources if volume.projected is not None else ():
            if source.service_account_token is not None:
                yield source.service_account_token.path


def _is_nonlocal(path: str) -> bool:
    errs = ErrorList()
    local_path(errs, Path("path"), path)
    return bool(errs)


def _restarts_init(spec: PodSpec) -> bool:
    return any(
        policy.restart_policy == "RestartContainer"
        for container in spec.init_containers
        if not is_sidecar(container)
        for policy in container.resize_policy
    )
