"""What validation of a Pod puts up with.

A rule that was made stricter must not lock up Pods that were stored before. So an update
tolerates what the stored Pod had already; a create tolerates nothing.

Source: ``k8s.io/kubernetes/pkg/apis/core/validation`` PodValidationOptions and
``pkg/api/pod`` GetValidationOptionsFromPodSpecAndMeta.
"""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class PodValidationOptions:
    """What is tolerated. Everything is off for a new Pod.

    Attributes:
        privileged: The cluster lets containers be privileged at all.
        indivisible_huge_pages: Amounts of huge pages that are not whole pages.
        bad_affinity_label_values: Values in selectors of (anti-)affinity terms that no label
            can have.
        bad_spread_selectors: Label selectors of spread constraints that do not parse.
        bad_node_affinity_values: Values in required node affinity that no label can have.
        host_sysctls: Sysctls of a namespace that the Pod shares with its host.
        nonlocal_token_path: Paths of projected tokens that lead elsewhere.
        bad_deletion_cost: A deletion cost that is not a number.
        old_ips: Addresses that are written as the stored Pod wrote them.
        user_namespace_with_devices: Block devices in a user namespace.
        user_namespace_with_host_network: The host's network in a user namespace.
        resize_restart_of_init: Init containers that ask to be restarted when resized.
    """

    privileged: bool = False
    indivisible_huge_pages: bool = False
    bad_affinity_label_values: bool = False
    bad_spread_selectors: bool = False
    bad_node_affinity_values: bool = False
    host_sysctls: bool = False
    nonlocal_token_path: bool = False
    bad_deletion_cost: bool = False
    old_ips: frozenset[str] = frozenset()
    user_namespace_with_devices: bool = False
    user_namespace_with_host_network: bool = False
    resize_restart_of_init: bool = False
