"""The few messages of etcd that ``bench_etcd.py`` needs, as classes of the package protobuf.

Described here and made when asked for, so no generated code is in the tree. What would be an
enumeration is a number; what lies in a choice has presence, as everything has in proto2.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE = "bench.etcd"

#: Fields as ``number name type``; ``*`` marks a repeated one.
_MESSAGES = {
    "ResponseHeader": "1 cluster_id uint64, 2 member_id uint64, 3 revision int64, "
    "4 raft_term uint64",
    "KeyValue": "1 key bytes, 2 create_revision int64, 3 mod_revision int64, 4 version int64, "
    "5 value bytes, 6 lease int64",
    "RangeRequest": "1 key bytes, 2 range_end bytes, 3 limit int64, 4 revision int64",
    "RangeResponse": "1 header ResponseHeader, 2 kvs *KeyValue, 3 more bool, 4 count int64",
    "PutRequest": "1 key bytes, 2 value bytes, 3 lease int64, 4 prev_kv bool",
    "PutResponse": "1 header ResponseHeader, 2 prev_kv KeyValue",
    "RequestOp": "1 request_range RangeRequest, 2 request_put PutRequest",
    "ResponseOp": "1 response_range RangeResponse, 2 response_put PutResponse",
    "Compare": "1 result int32, 2 target int32, 3 key bytes, 6 mod_revision int64",
    "TxnRequest": "1 compare *Compare, 2 success *RequestOp, 3 failure *RequestOp",
    "TxnResponse": "1 header ResponseHeader, 2 succeeded bool, 3 responses *ResponseOp",
    "WatchCreateRequest": "1 key bytes, 2 range_end bytes, 3 start_revision int64, "
    "4 progress_notify bool, 6 prev_kv bool, 8 fragment bool",
    "WatchRequest": "1 create_request WatchCreateRequest",
    "Event": "1 type int32, 2 kv KeyValue, 3 prev_kv KeyValue",
    "WatchResponse": "1 header ResponseHeader, 2 watch_id int64, 3 created bool, "
    "4 canceled bool, 5 compact_revision int64, 6 cancel_reason string, 7 fragment bool, "
    "11 events *Event",
}


def classes() -> SimpleNamespace:
    """A class for each message, by its name."""
    file = descriptor_pb2.FileDescriptorProto(
        name="bench_etcd.proto", package=_PACKAGE, syntax="proto2"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field in fields.split(", "):
            _describe(message.field.add(), *field.split())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    made = {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
        for name in _MESSAGES
    }
    return SimpleNamespace(**made)


def _describe(field: Any, number: str, name: str, kind: str) -> None:
    field.number, field.name = int(number), name
    field.label = field.LABEL_REPEATED if kind.startswith("*") else field.LABEL_OPTIONAL
    kind = kind.removeprefix("*")
    if kind in _MESSAGES:
        field.type, field.type_name = field.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
    else:
        field.type = getattr(field, f"TYPE_{kind.upper()}")
