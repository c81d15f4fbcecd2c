"""Strategic merge patch: maps are merged, and lists where the type of the object says so.

What looks odd here is upstream's, and clients may depend on it:

- a value for a member that is not there yet is taken without its nulls and directives, so
  ``$patch: replace`` on it leaves nothing behind; items appended to a list are taken as they are;
- what replaces a list or a map is taken as it is, directives included;
- a list with a merge key is merged only if every item of both sides has it;
- ``$deleteFromPrimitiveList/x`` with null deletes ``x``; where it names something else than a
  list of scalars, it merges like ``x`` itself.

Upstream goes through the members of a patch in random order. Here they come in the order of
the patch, those that delete from lists last.

Source: ``k8s.io/apimachinery/pkg/util/strategicpatch/patch.go``.
"""

from __future__ import annotations

from typing import Any

from kregistry.meta.errors import BadRequest
from kregistry.server.patch.directives import (
    DELETE_FROM_LIST,
    PATCH,
    SET_ELEMENT_ORDER,
    check_order,
    directed,
    field_named_by,
    item_identity,
    retain_keys,
    take,
    without_directives,
)
from kregistry.server.patch.elementorder import in_order
from kregistry.server.patch.failures import (
    decoded_map,
    failed,
    not_a_list,
    not_a_map,
    not_comparable,
    rejected,
    unknown_directive,
)
from kregistry.server.patch.schema import PatchField, PatchSchema
from kregistry.server.patch.values import LIST, MAP, NIL, go_text, go_type, identity


def apply_strategic_merge_patch(
    document: dict[str, Any], patch: Any, schema: PatchSchema | None, room: int
) -> dict[str, Any]:
    """What becomes of *document*, which is changed and must not be used any more.

    Args:
        document: The object.
        patch: What the client sent. ``None`` changes nothing.
        schema: What is known of the object's type; None if nothing is, as of custom resources.
        room: How deeply the patch may nest.

    Raises:
        StatusError: 400, the patch is no object, or badly formed, or there is no schema; 422, it
            merges lists of lists; 500 without a reason, for all else that does not fit.
    """
    changes = decoded_map(patch, room, introduced=False)
    if schema is None:
        raise BadRequest("strategic merge patch format is not supported")
    return merge_map(document, changes or {}, schema)


def merge_map(
    original: dict[str, Any], patch: dict[str, Any], schema: PatchSchema
) -> dict[str, Any]:
    """*original* with the changes of *patch*; both are used up.

    Source: ``mergeMap``.
    """
    if PATCH in patch:
        return directed(patch)
    retain_keys(original, patch)
    for directive in [key for key in patch if key.startswith(SET_ELEMENT_ORDER)]:
        _merge_ordered(original, patch, directive, schema)
    for key in sorted(patch, key=lambda key: key.startswith(DELETE_FROM_LIST)):
        _merge_member(original, key, patch[key], schema)
    return original


def _merge_member(original: dict[str, Any], key: str, value: Any, schema: PatchSchema) -> None:
    deletes = key.startswith(DELETE_FROM_LIST)
    if deletes:
        key = field_named_by(key, DELETE_FROM_LIST) or key
    if value is None:
        original.pop(key, None)
    elif key not in original or go_type(original[key]) != go_type(value):
        if not deletes:
            take(original, key, value)
    elif isinstance(value, dict):
        field = schema.field(key)
        if field.strategy != "replace":
            value = merge_map(original[key], value, field.schema)
        original[key] = value
    elif isinstance(value, list):
        field = schema.list_field(key)
        if field.strategy == "merge" or deletes:
            value = _merge_list(original[key], value, field, deletes=deletes)
        original[key] = value
    else:
        original[key] = value


def _merge_list(
    original: list[Any], patch: list[Any], field: PatchField, *, deletes: bool = False
) -> list[Any]:
    """Source: ``mergeSlice``."""
    if not original and not patch:
        return original
    if _item_type(original, patch) == MAP:
        kept, wanted, merged = _merge_items(original, patch, field)
        return in_order(merged, wanted, kept, field.merge_key)
    if deletes:
        unwanted = {item_identity(item, "") for item in patch}
        return [item for item in original if item_identity(item, "") not in unwanted]
    if field.merge_key:
        raise not_a_map((original or patch)[0])
    return in_order(_distinct(original + patch), patch, original, "")


def _item_type(*lists: list[Any]) -> str:
    """The one type of all items.

    Raises:
        StatusError: They have several, or none; or they are lists.

    Source: ``sliceElementType``.
    """
    types = list(dict.fromkeys(go_type(item) for items in lists for item in items))
    if not types:
        raise failed("no elements in any of the given slices")
    if types[0] == LIST:
        raise rejected("lists of lists are not supported")
    if types[0] == NIL:
        raise not_comparable(None)
    if len(types) > 1:
        raise failed(f"list element types are not identical: {go_text(list(lists))}")
    return types[0]


def _distinct(items: list[Any]) -> list[Any]:
    return list({item_identity(item, ""): item for item in items}.values())


def _merge_items(
    original: list[Any], patch: list[Any], field: PatchField
) -> tuple[list[Any], list[Any], list[Any]]:
    """Merge lists of maps.

    Returns:
        What is left of *original*, what of *patch* is no directive, and the two merged: the
        former, changed, then what is new.
    """
    if not field.merge_key:
        raise failed(f"cannot merge lists without merge key for {field.schema.kind}")
    kept, wanted = _obeyed(original, patch, field.merge_key)
    if any(item.get(PATCH) == "replace" for item in patch):
        return wanted, [], wanted
    merged = list(kept)
    places = {
        identity(item[field.merge_key]): place
        for place, item in reversed(list(enumerate(kept)))
        if field.merge_key in item
    }
    for item in wanted:
        place = places.setdefault(item_identity(item, field.merge_key), len(merged))
        if place < len(merged):
            merged[place] = merge_map(merged[place], item, field.schema)
        else:
            merged.append(item)
    return kept, wanted, merged


def _obeyed(original: list[Any], patch: list[Any], merge_key: str) -> tuple[list[Any], list[Any]]:
    """Carry out the deletions among the items of *patch*, and refuse what is no directive.

    Returns:
        What is left of *original*, and the items of *patch* without a directive.

    Source: ``mergeSliceWithSpecialElements``.
    """
    wanted, deleted = [], set()
    for item in patch:
        if PATCH not in item:
            wanted.append(item)
        elif item[PATCH] == "delete":
            deleted.add(item_identity(item, merge_key))
        elif item[PATCH] == "merge":
            raise failed("merging lists cannot yet be specified in the patch")
        elif item[PATCH] != "replace":
            raise unknown_directive(item[PATCH], item)
    kept = [
        item
        for item in original
        if merge_key not in item or identity(item[merge_key]) not in deleted
    ]
    return kept, wanted


def _merge_ordered(
    original: dict[str, Any], patch: dict[str, Any], directive: str, schema: PatchSchema
) -> None:
    """Merge a list whose order the patch tells.

    Source: ``mergePatchIntoOriginal``.
    """
    order = patch.pop(directive)
    if not isinstance(order, list):
        raise not_a_list(order)
    key = field_named_by(directive, SET_ELEMENT_ORDER)
    live, wanted = _list_in(original, key), _list_in(patch, key)
    field = schema.list_field(key)
    check_order(wanted or [], order, field.merge_key)
    if live is None and wanted is None:
        return
    merged, live_order = _merged(live, wanted, field)
    if _item_type(live or [], wanted or []) == MAP:
        _check_items_of_order(order, merged, field.merge_key)
    original[key] = in_order(merged, order, live_order, field.merge_key)
    patch.pop(key, None)


def _list_in(holder: dict[str, Any], key: str) -> list[Any] | None:
    """The list of that name; None if there is nothing of that name."""
    if key not in holder:
        return None
    value = holder[key]
    if not isinstance(value, list):
        raise not_a_list(value)
    return value


def _check_items_of_order(order: list[Any], merged: list[Any], merge_key: str) -> None:
    """Refuse what is no map in the order of a list of maps.

    Upstream finds it either on the way to an item that it looks up, or afterwards.
    """
    bad = next((place for place, item in enumerate(order) if not isinstance(item, dict)), None)
    if bad is None:
        return
    found = {identity(item.get(merge_key)) for item in order[:bad]}
    if merge_key and any(identity(item.get(merge_key)) not in found for item in merged):
        raise failed(f"value for key {bad} is not a map")
    raise not_a_map(order[bad])


def _merged(
    live: list[Any] | None, wanted: list[Any] | None, field: PatchField
) -> tuple[list[Any], list[Any]]:
    """The merged list, and the one by which items that are not in the order are placed.

    The latter is the live list; but upstream has deleted items from it in place by then, and
    let as many new ones move up into their room.
    """
    if wanted is None:
        return live or [], live or []
    if live is None:
        return without_directives(wanted), []
    if field.strategy != "merge" or not (live or wanted):
        return wanted, live
    if _item_type(live, wanted) != MAP:
        return _merge_list(live, wanted, field), live
    kept, plain, merged = _merge_items(live, wanted, field)
    moved_up = live if merged is kept else merged[: len(live)]
    return in_order(merged, plain, kept, field.merge_key), moved_up
