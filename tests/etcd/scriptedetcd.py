"""ScriptedEtcd: a gRPC server that answers as a test says, and not as etcd would."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent import futures
from types import TracebackType
from typing import Any, Self

import grpc

from kregistry.storage.etcd3.messages import Method

#: Gets a request, returns the response; or raises :class:`Refused`.
Answer = Callable[[bytes], bytes]


class Refused(Exception):
    """The error that a call ends with."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details


class ScriptedEtcd(grpc.GenericRpcHandler):
    """Answers each method with what the test has for it.

    Args:
        answers: By method; the others are answered with *default*.
        default: For all other methods.

    Attributes:
        asked: How often each method was called.
        endpoint: The URL to connect to.
    """

    def __init__(self, answers: dict[Method, Answer], default: Answer) -> None:
        self._answers = answers
        self._default = default
        self.asked: Counter[str] = Counter()
        self._ended = threading.Event()
        self._server = grpc.server(futures.ThreadPoolExecutor(16), handlers=[self])
        port = self._server.add_insecure_port("127.0.0.1:0")
        self.endpoint = f"http://127.0.0.1:{port}"

    def service(self, details: Any) -> Any:
        name = details.method
        self.asked[name] += 1
        answer = self._answers.get(name, self._default)
        if name == Method.WATCH:
            return grpc.stream_stream_rpc_method_handler(self._stream(answer))
        return grpc.unary_unary_rpc_method_handler(self._unary(answer))

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._server.stop(0).wait(10)

    def _unary(self, answer: Answer) -> Callable[[bytes, Any], bytes]:
        def call(request: bytes, context: Any) -> bytes:
            try:
                return answer(request)
            except Refused as refused:
                context.abort(refused.code, refused.details)
                raise

        return call

    def _stream(self, answer: Answer) -> Callable[[Iterator[bytes], Any], Iterator[bytes]]:
        """The answer to the first request; then nothing, until the client has enough."""

        def call(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
            gone = threading.Event()
            context.add_callback(gone.set)
            yield self._unary(answer)(next(requests), context)
            while not self._ended.is_set() and not gone.wait(0.05):
                pass

        return call
