"""JSON Patch (RFC 6902), as the API server applies it.

Its library differs from the RFC, and clients may depend on that, so this does too:

- ``replace`` of a member that is not there adds it; ``copy`` of one adds null; ``test`` of one
  succeeds against null;
- an operation without ``value`` has the value null;
- members of an operation that nobody knows are ignored (:func:`unknown_members` names them);
- pointers are read leniently, see :mod:`kregistry.server.patch.pointer`;
- the whole document can be replaced and tested, but not added, removed, moved or copied;
- ``test`` compares types: 1, 1.0 and true differ.

Source: ``gopkg.in/evanphx/json-patch.v4`` and ``jsonPatcher`` in
``k8s.io/apiserver/pkg/endpoints/handlers/patch.go``.
"""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

import attrs

from kregistry.meta.errors import RequestEntityTooLarge
from kregistry.runtime.errors import EncodeError
from kregistry.server.patch.failures import decoded, rejected, undecodable
from kregistry.server.patch.pointer import PointerError, position, steps
from kregistry.server.patch.values import check_depth, fresh, json_type, same

#: Operations in one patch.
MAX_OPERATIONS: Final = 10_000

#: Bytes of JSON that all the ``copy`` operations of one patch may add.
MAX_COPY_BYTES: Final = 3 * 1024 * 1024

_MEMBERS: Final = ("op", "path", "from", "value")
_GO_FIELD: Final = "json: cannot unmarshal {} into Go struct field jsonPatchOp.{} of type string"

Container = dict[str, Any] | list[Any]


@attrs.frozen
class Operation:
    """One step of a patch. None stands for a member that is absent or null."""

    op: str | None
    path: str | None
    from_: str | None
    value: Any


def apply_json_patch(document: dict[str, Any], patch: Any, room: int) -> Any:
    """What becomes of *document*, which is changed and must not be used any more.

    Args:
        document: The object.
        patch: What the client sent. ``None`` is a patch without operations.
        room: How deeply patch and result may nest.

    Returns:
        The new document. It may be a list, if the patch replaces the whole document by one.

    Raises:
        BadRequest: The patch is no list of operations.
        RequestEntityTooLarge: It has too many of them.
        StatusError: 422, it does not apply; the cause says why.
    """
    operations = decode_json_patch(patch, room)
    application = _Application(document, room)
    try:
        for operation in operations:
            application.apply(operation)
        check_depth(application.root, room)
    except (_DoesNotApply, EncodeError) as error:
        raise rejected(str(error)) from error
    return application.root


def decode_json_patch(patch: Any, room: int) -> list[Operation]:
    """The operations that the decoded JSON *patch* describes, sharing nothing with it.

    Raises:
        BadRequest: It describes none.
        RequestEntityTooLarge: It has more than :data:`MAX_OPERATIONS`.
    """
    copy = decoded(patch, room)
    if copy is None:
        return []
    if not isinstance(copy, list):
        raise undecodable(
            f"json: cannot unmarshal {json_type(copy)} into Go value of type []handlers.jsonPatchOp"
        )
    operations = [_operation(each) for each in copy]
    if len(operations) > MAX_OPERATIONS:
        raise RequestEntityTooLarge(
            f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, "
            f"got {len(operations)}"
        )
    return operations


def unknown_members(patch: Any) -> list[str]:
    """What strict field validation has to say about a patch, one text for each finding."""
    return [
        f'json patch unknown field "[{number}].{name}"'
        for number, operation in enumerate(patch if isinstance(patch, list) else [])
        if isinstance(operation, dict)
        for name in operation
        if name not in _MEMBERS
    ]


def _operation(described: Any) -> Operation:
    if described is None:
        return Operation(None, None, None, None)
    if not isinstance(described, dict):
        raise undecodable(
            f"json: cannot unmarshal {json_type(described)} into Go value of type "
            "handlers.jsonPatchOp"
        )
    for name, value in described.items():
        if name in ("op", "path", "from") and not isinstance(value, str | None):
            raise undecodable(_GO_FIELD.format(json_type(value), name))
    return Operation(*map(described.get, _MEMBERS))


class _DoesNotApply(Exception):
    """An operation cannot be carried out on this document."""


def _missing(what: str) -> NoReturn:
    raise _DoesNotApply(f"{what}: missing value")


class _Application:
    """A document on its way through the operations of one patch."""

    def __init__(self, root: Container, room: int) -> None:
        self.root = root
        self._room = room
        self._copied = 0
        self._verbs = {
            "add": self._add,
            "remove": self._remove,
            "replace": self._replace,
            "move": self._move,
            "copy": self._copy,
            "test": self._test,
        }

    def apply(self, operation: Operation) -> None:
        verb = self._verbs.get(operation.op or "")
        if verb is None:
            raise _DoesNotApply(f"Unexpected kind: {operation.op or 'unknown'}")
        try:
            verb(operation)
        except PointerError as error:
            where = f"error in {operation.op} for path: '{operation.path}'"
            raise _DoesNotApply(f"{where}: {error}") from error

    def _find(self, pointer: str | None, role: str, operation: Operation) -> tuple[Container, str]:
        """The dict or list that holds what *pointer* means, and where in it that stands."""
        if pointer is None:
            _missing(f"{operation.op} operation failed to decode {role}")
        path = steps(pointer)
        node: Any = self.root if path else None
        try:
            for step in path[:-1]:
                node = _get(node, step)
        except PointerError:
            node = None
        if not isinstance(node, dict | list):
            _missing(f'{operation.op} operation does not apply: doc is missing {role}: "{pointer}"')
        return node, path[-1]

    def _add(self, operation: Operation) -> None:
        holder, step = self._find(operation.path, "path", operation)
        _insert(holder, step, operation.value)

    def _remove(self, operation: Operation) -> None:
        holder, step = self._find(operation.path, "path", operation)
        _pop(holder, step)

    def _replace(self, operation: Operation) -> None:
        if operation.path == "":
            if not isinstance(operation.value, dict | list):
                raise _DoesNotApply("replace operation value must be object or array")
            self.root = operation.value
            return
        holder, step = self._find(operation.path, "path", operation)
        if isinstance(holder, dict):
            holder[step] = operation.value
        else:
            holder[position(step, len(holder))] = operation.value

    def _move(self, operation: Operation) -> None:
        source, step = self._find(operation.from_, "from", operation)
        value = _pop(source, step)
        holder, step = self._find(operation.path, "path", operation)
        _insert(holder, step, value)

    def _copy(self, operation: Operation) -> None:
        source, step = self._find(operation.from_, "from", operation)
        value = _get(source, step)
        holder, step = self._find(operation.path, "path", operation)
        value = fresh(value, self._room)
        self._copied += _json_size(value)
        if self._copied > MAX_COPY_BYTES:
            raise _DoesNotApply(
                "Unable to complete the copy, the accumulated size increase of copy is "
                f"{self._copied}, exceeding the limit {MAX_COPY_BYTES}"
            )
        _insert(holder, step, value)

    def _test(self, operation: Operation) -> None:
        if operation.path == "":
            found: Any = self.root
        else:
            holder, step = self._find(operation.path, "path", operation)
            found = _get(holder, step)
        if not same(found, operation.value):
            raise _DoesNotApply(f"testing value {operation.path} failed: test failed")


def _get(holder: Any, step: str) -> Any:
    """What stands there; None for a member that does not, and inside anything else."""
    if isinstance(holder, dict):
        return holder.get(step)
    return holder[position(step, len(holder))] if isinstance(holder, list) else None


def _insert(holder: Container, step: str, value: Any) -> None:
    if isinstance(holder, dict):
        holder[step] = value
    elif step == "-":
        holder.append(value)
    else:
        holder.insert(position(step, len(holder) + 1), value)


def _pop(holder: Container, step: str) -> Any:
    if isinstance(holder, list):
        return holder.pop(position(step, len(holder)))
    if step not in holder:
        _missing(f"Unable to remove nonexistent key: {step}")
    return holder.pop(step)


def _json_size(value: Any) -> int:
    """Bytes of *value* as Go writes it, which escapes what HTML would read. Null costs nothing."""
    if value is None:
        return 0
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    escaped = sum(text.count(each) for each in "<>&") * 5 + sum(map(text.count, "\u2028\u2029")) * 3
    return len(text.encode()) + escaped
