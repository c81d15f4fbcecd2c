"""The directives of strategic merge patches: ``$patch`` and its relatives.

Source: ``k8s.io/apimachinery/pkg/util/strategicpatch/patch.go``.
"""

from __future__ import annotations

from typing import Any, Final

from kregistry.meta.errors import BadRequest
from kregistry.server.patch.failures import (
    failed,
    no_merge_key,
    not_a_map,
    not_comparable,
    unknown_directive,
)
from kregistry.server.patch.mergepatch import prune_nulls
from kregistry.server.patch.values import go_text, go_type, identity

PATCH: Final = "$patch"
RETAIN_KEYS: Final = "$retainKeys"
SET_ELEMENT_ORDER: Final = "$setElementOrder"
DELETE_FROM_LIST: Final = "$deleteFromPrimitiveList"

_BAD_FORMAT: Final = {
    DELETE_FROM_LIST: "invalid patch format of primitive list",
    SET_ELEMENT_ORDER: "invalid patch format of setElementOrder list",
    RETAIN_KEYS: "invalid patch format of retainKeys",
}


def field_named_by(directive: str, prefix: str) -> str:
    """The field that a directive such as ``$setElementOrder/containers`` is about.

    Raises:
        BadRequest: It does not say.

    Source: ``extractKey``.
    """
    head, slash, field = directive.partition("/")
    if not slash or head != prefix:
        raise BadRequest(_BAD_FORMAT[prefix])
    return field


def directed(patch: dict[str, Any]) -> dict[str, Any]:
    """The map that a patch with ``$patch`` asks for.

    Raises:
        StatusError: 500, it asks for something else than to replace or delete.

    Source: ``handleDirectiveInMergeMap``.
    """
    match patch[PATCH]:
        case "replace":
            del patch[PATCH]
            return patch
        case "delete":
            return {}
        case other:
            raise unknown_directive(other, patch)


def retain_keys(original: dict[str, Any], patch: dict[str, Any]) -> None:
    """Take ``$retainKeys`` out of *patch*, and out of *original* all that it does not name.

    Raises:
        BadRequest: It is no list, or the patch sets what it does not name.

    Source: ``applyRetainKeysDirective``.
    """
    if RETAIN_KEYS not in patch:
        return
    retained = _retained(patch.pop(RETAIN_KEYS))
    for key, value in patch.items():
        if value is None or key.startswith((DELETE_FROM_LIST, SET_ELEMENT_ORDER)):
            continue
        if key not in retained:
            raise BadRequest(_BAD_FORMAT[RETAIN_KEYS])
    for key in original.keys() - retained:
        del original[key]


def _retained(listed: Any) -> set[Any]:
    if not isinstance(listed, list) or any(isinstance(each, dict | list) for each in listed):
        raise BadRequest(_BAD_FORMAT[RETAIN_KEYS])
    return set(listed)


def take(original: dict[str, Any], key: str, value: Any) -> None:
    """Set a member to what a patch says, without nulls and directives in it.

    A value that is a directive itself leaves no member behind, even ``$patch: replace``.
    """
    prune_nulls(value)
    if _is_directive(value):
        original.pop(key, None)
    else:
        original[key] = without_directives(value)


def without_directives(value: Any) -> Any:
    """*value*, changed, without the maps that have ``$patch``.

    Source: ``removeDirectives``.
    """
    if isinstance(value, dict):
        for key in [key for key, member in value.items() if _is_directive(member)]:
            del value[key]
        for key, member in value.items():
            value[key] = without_directives(member)
    elif isinstance(value, list):
        return [without_directives(item) for item in value if not _is_directive(item)]
    return value


def _is_directive(value: Any) -> bool:
    return isinstance(value, dict) and PATCH in value


def check_order(patch_list: list[Any], order: list[Any], merge_key: str) -> None:
    """Refuse items that the order does not list, or lists in another order.

    Raises:
        StatusError: 500, there are some; or the items cannot be compared.

    Source: ``validatePatchWithSetOrderList``.
    """
    if not order or not patch_list:
        return
    wanted = [item for item in patch_list if not merge_key or not _is_deletion(item)]
    at = place = 0
    while at < len(wanted) and place < len(order):
        if _is_directive(wanted[at]):
            at += 1
            continue
        at += _are_same(wanted[at], order[place], merge_key)
        place += 1
    if at < len(wanted) and place >= len(order):
        raise failed(
            f"The order in patch list:\n{go_text(patch_list)}\n "
            f"doesn't match {SET_ELEMENT_ORDER} list:\n{go_text(order)}\n"
        )


def _is_deletion(item: Any) -> bool:
    if not isinstance(item, dict):
        raise not_a_map(item)
    return item.get(PATCH) == "delete"


def _are_same(left: Any, right: Any, merge_key: str) -> bool:
    """Values of different types differ, even those that cannot be compared with their own."""
    one, other = _told_apart_by(left, merge_key), _told_apart_by(right, merge_key)
    if go_type(one) != go_type(other):
        return False
    if identity(one) is None:
        raise not_comparable(one)
    return identity(one) == identity(other)


def item_identity(item: Any, merge_key: str) -> tuple[str, Any]:
    """What an item of a merged list is told apart by: its merge key's value, or the scalar itself.

    Raises:
        StatusError: 500, it is no map, or has no such member; 400, that is no scalar.
    """
    value = _told_apart_by(item, merge_key)
    found = identity(value)
    if found is None:
        raise not_comparable(value)
    return found


def _told_apart_by(item: Any, merge_key: str) -> Any:
    if not merge_key:
        return item
    if not isinstance(item, dict):
        raise not_a_map(item)
    if merge_key not in item:
        raise no_merge_key(item, merge_key)
    return item[merge_key]
