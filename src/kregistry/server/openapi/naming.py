"""Names of operations, tags and components.

Source: ``k8s.io/apiserver/pkg/endpoints/openapi`` GetOperationIDAndTagsFromRoute,
``k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder``.
"""

from __future__ import annotations

from typing import Final

from kregistry.meta.gvk import GroupVersion, GroupVersionKind

_BUILT_IN_SUFFIX: Final = ".k8s.io"


def friendly_group(group: str) -> str:
    """``rbac.authorization.k8s.io`` becomes ``RbacAuthorization``, the core group ``Core``."""
    words = group.removesuffix(_BUILT_IN_SUFFIX).split(".")
    return "".join(map(_capital, words)) or "Core"


def operation_id(verb: str, group_version: GroupVersion, rest: str) -> str:
    """``read`` and ``NamespacedPod`` become ``readCoreV1NamespacedPod``."""
    return f"{verb}{friendly_group(group_version.group)}{_capital(group_version.version)}{rest}"


def tag(group_version: GroupVersion) -> str:
    """``rbacAuthorization_v1``: what operations of one group and version have in common."""
    group = friendly_group(group_version.group)
    return f"{group[:1].lower()}{group[1:]}_{group_version.version}"


def component_name(gvk: GroupVersionKind, *, custom: bool) -> str:
    """What a type is called that no release named: ``com.example.shop.v1.Gadget``.

    Those of built-in groups are called after their package: ``io.k8s.api.node.v1.RuntimeClass``.
    """
    if custom and gvk.group:
        group = ".".join(reversed(gvk.group.split(".")))
    else:
        group = f"io.k8s.api.{gvk.group.split('.')[0] or 'core'}"
    return f"{group}.{gvk.version}.{gvk.kind}"


def door_name(subresource: str) -> str:
    """A subresource as the end of the name of an operation: ``status`` becomes ``Status``."""
    return _capital(subresource)


def _capital(word: str) -> str:
    """Only the first letter changes, as Go's ``strings.Title`` does it."""
    return word[:1].upper() + word[1:]
