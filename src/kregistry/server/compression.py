"""Compression: large answers are packed for those who can unpack them.

Source: ``k8s.io/apiserver/pkg/endpoints/handlers/responsewriters`` deferredResponseWriter.
"""

from __future__ import annotations

import gzip
from typing import Final

from kregistry.server.call import Call, Handler
from kregistry.server.request import Request
from kregistry.server.response import Answer, Response

#: Bytes from which on packing pays. Source: ``defaultGzipThresholdBytes``.
THRESHOLD: Final = 128 * 1024

#: Fast rather than thorough. Source: ``defaultGzipContentEncodingLevel``.
LEVEL: Final = 1


def compression(inner: Handler) -> Handler:
    """Pack a large answer that is there as a whole; streams go as they are."""

    def handle(call: Call) -> Answer:
        answer = inner(call)
        if not isinstance(answer, Response) or len(answer.body) <= THRESHOLD:
            return answer
        if "content-encoding" in answer.headers or not accepts_gzip(call.request):
            return answer
        more = [("content-encoding", "gzip"), ("vary", "Accept-Encoding")]
        packed = gzip.compress(answer.body, LEVEL, mtime=0)
        return Response(status=answer.status, headers=answer.headers.plus(more), body=packed)

    return handle


def accepts_gzip(request: Request) -> bool:
    """Whether the client can unpack gzip, and does not say that it would rather not."""
    for clause in ",".join(request.headers.all("accept-encoding")).split(","):
        name, _, parameters = clause.partition(";")
        if name.strip().lower() == "gzip":
            quality = parameters.replace(" ", "").lower()
            return quality not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
