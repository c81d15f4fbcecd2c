"""etcd over gRPC: our codec on a bare channel, our codec through Members, and protobuf's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc
from etcd_transport import Conflict, Told, Transport

from kregistry.storage.backend import Change, Record
from kregistry.storage.etcd3.access import Access
from kregistry.storage.etcd3.members import _OPTIONS, Members
from kregistry.storage.etcd3.messages import (
    Method,
    RangeResponse,
    TxnResponse,
    WatchResponse,
    put_if_request,
    range_request,
    watch_request,
)

_TIMEOUT = 10.0
_METADATA = (("hasleader", "true"),)


class OwnCodec(Transport):
    """A gRPC channel and ``messages.py``, with nothing around them."""

    name = "gRPC, own codec"

    def __init__(self, port: int) -> None:
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_OPTIONS)
        self._range: Any = self._channel.unary_unary(Method.RANGE)
        self._txn: Any = self._channel.unary_unary(Method.TXN)

    def put(self, key: bytes, value: bytes, expected: int) -> int:
        request = put_if_request(key, value, expected)
        response = TxnResponse.read(self._txn(request, timeout=_TIMEOUT, metadata=_METADATA))
        if not response.succeeded:
            raise Conflict(key)
        return response.revision

    def get(self, key: bytes) -> Record:
        data = self._range(range_request(key), timeout=_TIMEOUT, metadata=_METADATA)
        return RangeResponse.read(data).records[0]

    def page(self, start: bytes, end: bytes, limit: int) -> list[Record]:
        request = range_request(start, end, limit=limit)
        data = self._range(request, timeout=_TIMEOUT, metadata=_METADATA)
        return RangeResponse.read(data).records

    def follow(self, start: bytes, end: bytes, watchers: int, told: Told) -> Callable[[], None]:
        stream = self._channel.stream_stream(Method.WATCH)
        return GrpcWatches(stream, watch_request(start, end, 0), watchers, _own, told).close

    def close(self) -> None:
        self._channel.close()


class ThroughMembers(OwnCodec):
    """The same through ``members.py``: failover, deadlines, clear errors."""

    name = "gRPC, Members"

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._members = Members(Access.of([f"http://127.0.0.1:{port}"]), timeout=_TIMEOUT)

    def put(self, key: bytes, value: bytes, expected: int) -> int:
        request = put_if_request(key, value, expected)
        response = self._members.write(Method.TXN, request, TxnResponse.read)
        if not response.succeeded:
            raise Conflict(key)
        return response.revision

    def get(self, key: bytes) -> Record:
        return self._members.read(Method.RANGE, range_request(key), RangeResponse.read).records[0]

    def page(self, start: bytes, end: bytes, limit: int) -> list[Record]:
        request = range_request(start, end, limit=limit)
        return self._members.read(Method.RANGE, request, RangeResponse.read).records

    def close(self) -> None:
        super().close()
        self._members.close()


class Protobuf(Transport):
    """The same calls with the classes of the package protobuf, which are written in C."""

    name = "gRPC, protobuf"

    def __init__(self, port: int) -> None:
        import etcd_protobuf

        self._pb: Any = etcd_protobuf.classes()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_OPTIONS)
        self._range = self._method(Method.RANGE, "RangeRequest", "RangeResponse")
        self._txn = self._method(Method.TXN, "TxnRequest", "TxnResponse")

    def put(self, key: bytes, value: bytes, expected: int) -> int:
        pb = self._pb
        request = pb.TxnRequest(
            compare=[pb.Compare(result=0, target=2, key=key, mod_revision=expected)],
            success=[pb.RequestOp(request_put=pb.PutRequest(key=key, value=value))],
            failure=[pb.RequestOp(request_range=pb.RangeRequest(key=key))],
        )
        response = self._txn(request, timeout=_TIMEOUT, metadata=_METADATA)
        if not response.succeeded:
            raise Conflict(key)
        revision: int = response.header.revision
        return revision

    def get(self, key: bytes) -> Record:
        request = self._pb.RangeRequest(key=key)
        return _record(self._range(request, timeout=_TIMEOUT, metadata=_METADATA).kvs[0])

    def page(self, start: bytes, end: bytes, limit: int) -> list[Record]:
        request = self._pb.RangeRequest(key=start, range_end=end, limit=limit)
        response = self._range(request, timeout=_TIMEOUT, metadata=_METADATA)
        return [_record(each) for each in response.kvs]

    def follow(self, start: bytes, end: bytes, watchers: int, told: Told) -> Callable[[], None]:
        pb = self._pb
        create = pb.WatchCreateRequest(key=start, range_end=end, prev_kv=True, fragment=True)
        request = pb.WatchRequest(create_request=create).SerializeToString()
        stream = self._channel.stream_stream(Method.WATCH)
        return GrpcWatches(stream, request, watchers, self._read, told).close

    def close(self) -> None:
        self._channel.close()

    def _method(self, method: Method, request: str, response: str) -> Any:
        return self._channel.unary_unary(
            method,
            request_serializer=getattr(self._pb, request).SerializeToString,
            response_deserializer=getattr(self._pb, response).FromString,
        )

    def _read(self, data: bytes) -> tuple[bool, list[Change]]:
        response = self._pb.WatchResponse.FromString(data)
        return response.created, [
            _change(
                _record(each.kv),
                _record(each.prev_kv) if each.HasField("prev_kv") else None,
                each.type == 1,
            )
            for each in response.events
        ]


class GrpcWatches:
    """All watches on one stream, read by one thread."""

    def __init__(
        self,
        stream: Any,
        request: bytes,
        watchers: int,
        read: Callable[[bytes], tuple[bool, list[Change]]],
        told: Told,
    ) -> None:
        self._read = read
        self._told = told
        self._over = threading.Event()
        self._begun = threading.Event()
        self._missing = watchers
        self._call = stream(self._requests(request, watchers), metadata=_METADATA)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        if not self._begun.wait(_TIMEOUT):
            raise TimeoutError("the watches do not begin")

    def close(self) -> None:
        self._over.set()
        self._call.cancel()
        self._thread.join(_TIMEOUT)

    def _requests(self, request: bytes, watchers: int) -> Iterator[bytes]:
        for _ in range(watchers):
            yield request
        self._over.wait()

    def _run(self) -> None:
        try:
            for data in self._call:
                created, changes = self._read(data)
                if created:
                    self._missing -= 1
                    if not self._missing:
                        self._begun.set()
                for change in changes:
                    self._told(change)
        except grpc.RpcError:
            if not self._over.is_set():
                raise


def _own(data: bytes) -> tuple[bool, list[Change]]:
    response = WatchResponse.read(data)
    return response.created, [
        _change(record, before, deleted) for record, before, deleted in response.events
    ]


def _change(record: Record, before: Record | None, deleted: bool) -> Change:
    return Change(
        record.key,
        record.mod_revision,
        None if deleted else record.value,
        before.value if before else None,
        before.mod_revision if before else 0,
    )


def _record(found: Any) -> Record:
    return Record(
        found.key.decode("utf-8", "surrogateescape"),
        found.value,
        found.mod_revision,
        found.create_revision,
    )
