"""Documents in Protocol Buffers, as the trees that JSON would have given."""

from __future__ import annotations

from typing import Any

from kregistry.meta.gvk import GroupVersion, GroupVersionKind
from kregistry.runtime.errors import DecodeError
from kregistry.runtime.limits import Limits
from kregistry.server.protobuf.envelope import Envelope
from kregistry.server.protobuf.reading import Reader
from kregistry.server.protobuf.table import Table, builtin_table


def tree_of_protobuf(
    data: bytes, expected: GroupVersionKind, limits: Limits, *, table: Table | None = None
) -> dict[str, Any]:
    """The tree of the one document in *data*.

    Args:
        data: What the client sent.
        expected: Kind of an object that does not say what it is. One that says something else
            is read as that; whether it will do is for the caller to say.
        limits: How big and deep the document may be.
        table: The messages; those of the built-in kinds if not given.

    Raises:
        DecodeError: It is no document, breaks a limit, or its kind is not one that is read
            from Protocol Buffers, as are those that users define.
    """
    if len(data) > limits.max_body_bytes:
        raise DecodeError(f"Request entity too large: limit is {limits.max_body_bytes}")
    envelope = Envelope.open(data)
    told = {"apiVersion": envelope.api_version, "kind": envelope.kind}
    tree: dict[str, Any] = {member: text for member, text in told.items() if text}
    gvk = _completed(envelope, expected)
    table = table if table is not None else builtin_table()
    message = table.message_of(gvk)
    if message is not None:
        try:
            return {**tree, **Reader(table, data, limits).read(message, envelope.raw)}
        except DecodeError as error:
            raise error.about(gvk) from error.__cause__
    if gvk == expected:
        raise DecodeError(
            f"object {gvk.kind} does not implement the protobuf marshalling interface and cannot "
            "be encoded to a protobuf message",
            gvk=gvk,
        )
    return tree


def _completed(envelope: Envelope, expected: GroupVersionKind) -> GroupVersionKind:
    """What the document says it is, and for what it does not say what is expected.

    Source: ``copyKindDefaults``.
    """
    try:
        told = GroupVersion.parse(envelope.api_version)
    except ValueError as error:
        raise DecodeError(str(error)) from None
    group, version = told if told.version else (expected.group, expected.version)
    return GroupVersionKind(group, version, envelope.kind or expected.kind)
