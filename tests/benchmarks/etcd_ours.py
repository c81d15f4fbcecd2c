"""EtcdBackend, measured by the same yard as the bare ways to talk to etcd."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue

from etcd_grpc import OwnCodec
from etcd_transport import Told, Transport

from kregistry.storage.backend import ChangeStream, Record
from kregistry.storage.etcd3 import Access, EtcdBackend


class ThroughBackend(Transport):
    """The whole backend. Its watchers share one watch, and its own writes need none."""

    name = "EtcdBackend"

    def __init__(self, port: int) -> None:
        self.backend = EtcdBackend(Access.of([f"http://127.0.0.1:{port}"]))

    def put(self, key: bytes, value: bytes, expected: int) -> int:
        return self.backend.put(key.decode(), value, expected=expected)

    def get(self, key: bytes) -> Record:
        record = self.backend.get(key.decode()).record
        assert record is not None
        return record

    def page(self, start: bytes, end: bytes, limit: int) -> list[Record]:
        return list(self.backend.range(start.decode(), end.decode(), limit=limit).records)

    def follow(self, start: bytes, end: bytes, watchers: int, told: Told) -> Callable[[], None]:
        after = self.backend.current_revision()
        streams = [
            self.backend.watch(start.decode(), end.decode(), after=after) for _ in range(watchers)
        ]
        return StreamReader(streams, told).close

    def close(self) -> None:
        self.backend.close()


class WrittenElsewhere(ThroughBackend):
    """Watchers of the backend, and a writer that it knows nothing of."""

    name = "EtcdBackend, foreign write"

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._other = OwnCodec(port)

    def put(self, key: bytes, value: bytes, expected: int) -> int:
        return self._other.put(key, value, expected)

    def close(self) -> None:
        super().close()
        self._other.close()


class StreamReader:
    """One thread that reads whichever stream has something."""

    def __init__(self, streams: list[ChangeStream], told: Told) -> None:
        self._streams = streams
        self._told = told
        self._woken: SimpleQueue[ChangeStream | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        for stream in streams:
            self._park(stream)
        self._thread.start()

    def close(self) -> None:
        self._woken.put(None)
        self._thread.join(10)
        for stream in self._streams:
            stream.close()

    def _run(self) -> None:
        while (stream := self._woken.get()) is not None:
            for change in stream.poll():
                self._told(change)
            self._park(stream)

    def _park(self, stream: ChangeStream) -> None:
        if not stream.park(partial(self._woken.put, stream)):
            self._woken.put(stream)
