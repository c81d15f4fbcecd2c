"""What clients send: trees as messages, written as Go's generated code writes them.

Knows of the package under test nothing but the table.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from kregistry.meta.gvk import GroupVersionKind
from kregistry.meta.wire import encode_field, varint
from kregistry.server.protobuf.table import Field, Label, Message, builtin_table

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\x00"

META = "apimachinery.pkg.apis.meta.v1."
SCHEMA = "apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"


def document(tree: Mapping[str, Any], *, as_kind: GroupVersionKind | None = None) -> bytes:
    """A whole body: the magic number, the envelope, and in it *tree*.

    Args:
        tree: An object with ``apiVersion`` and ``kind``.
        as_kind: Kind whose message it is written as, if it is not its own.
    """
    own = GroupVersionKind.of(tree["apiVersion"], tree["kind"])
    message = builtin_table().message_of(as_kind or own)
    assert message is not None, own
    members = {key: value for key, value in tree.items() if key not in ("apiVersion", "kind")}
    return envelope(tree["apiVersion"], tree["kind"], message_bytes(message, members))


def envelope(api_version: str, kind: str, raw: bytes) -> bytes:
    """A message in its envelope. Go writes the two empty fields as well."""
    type_meta = encode_field(1, api_version.encode()) + encode_field(2, kind.encode())
    return (
        MAGIC
        + encode_field(1, type_meta)
        + encode_field(2, raw)
        + encode_field(3, b"")
        + encode_field(4, b"")
    )


def message_bytes(message: Message, value: Any) -> bytes:
    """*value* as that message; of numbers and texts that are left out in JSON also the zeros."""
    if message.name in _FORMS:
        return _FORMS[message.name](value)
    if message.whole is not None:
        value = {message.whole.name: value}
    written = []
    for number, field in message.fields.items():
        found = value if field.inline else value.get(field.name)
        if found is None and field.omits_zero:
            found = _ZERO[field.type]
        if found is not None:
            written.append(_field(number, field, found))
    return b"".join(written)


def _field(number: int, field: Field, value: Any) -> bytes:
    if field.label is Label.LIST:
        return b"".join(_value(number, field, item) for item in value)
    if field.label is Label.MAP:
        return b"".join(
            encode_field(number, encode_field(1, key.encode()) + _value(2, field, item))
            for key, item in value.items()
        )
    return _value(number, field, value)


def _value(number: int, field: Field, value: Any) -> bytes:
    match field.type:
        case "string":
            return encode_field(number, value.encode())
        case "bytes":
            return encode_field(number, base64.b64decode(value))
        case "json":
            return encode_field(number, json.dumps(value).encode())
        case "double":
            return varint(number << 3 | 1) + struct.pack("<d", value)
        case "bool" | "int32" | "int64":
            return encode_field(number, int(value))
    return encode_field(number, message_bytes(builtin_table().message(field.type), value))


_ZERO: dict[str, Any] = {"string": "", "bytes": "", "bool": 0, "int32": 0, "int64": 0}


def _time(text: str) -> bytes:
    moment = datetime.fromisoformat(text)
    whole = moment.replace(microsecond=0)
    return encode_field(1, int(whole.timestamp())) + encode_field(2, moment.microsecond * 1000)


def _int_or_string(value: int | str) -> bytes:
    is_text = isinstance(value, str)
    text = value.encode() if isinstance(value, str) else b""
    number = 0 if isinstance(value, str) else value
    return encode_field(1, int(is_text)) + encode_field(2, number) + encode_field(3, text)


def _schema_or_bool(value: Any) -> bytes:
    if isinstance(value, bool):
        return encode_field(1, int(value))
    return encode_field(1, 1) + encode_field(2, _schema(value))


def _schema_or_many(value: Any) -> bytes:
    if not isinstance(value, list):
        return encode_field(1, _schema(value))
    items = (item.encode() if isinstance(item, str) else _schema(item) for item in value)
    return b"".join(encode_field(2, item) for item in items)


def _schema(value: Any) -> bytes:
    return message_bytes(builtin_table().message(SCHEMA), value)


_FORMS: dict[str, Callable[[Any], bytes]] = {
    f"{META}Time": _time,
    f"{META}MicroTime": _time,
    "apimachinery.pkg.api.resource.Quantity": lambda text: encode_field(1, text.encode()),
    "apimachinery.pkg.util.intstr.IntOrString": _int_or_string,
    f"{SCHEMA}OrBool": _schema_or_bool,
    f"{SCHEMA}OrArray": _schema_or_many,
    f"{SCHEMA}OrStringArray": _schema_or_many,
}
