"""OpenAPI v2: the older description of the API, which here describes nothing.

kubectl asks for it where it finds no kind in v3: before it sends a ``List``, such as what
``kubectl get -o yaml`` prints of more than one object. Without an answer it sends nothing. Told
of no kinds it leaves all of them to the server, which validates each object with what it is.

Source: ``k8s.io/kube-openapi/pkg/handler``; ``openapi_v2.Document`` of ``gnostic-models``.
"""

from __future__ import annotations

from typing import Final

from kregistry.server.discovery.document import Document, digest, kept_document

#: What client-go asks for, and nothing else will do for it.
ASKED: Final = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
#: What it is answered with: the ``@`` may not stand in a media type, and Go reads none with it.
ANSWERED: Final = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

_SWAGGER, _TITLE = "2.0", "Kubernetes"
_VARY: Final = (("Vary", "Accept"),)


def older_document(release: str, *, accept: str = "") -> Document:
    """The answer of ``/openapi/v2``.

    Args:
        release: What the document says the server is, such as ``v1.36.0``.
        accept: Value of the header; protobuf for who asks for it, JSON for all others.
    """
    asked = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    if asked.isdisjoint((ASKED, ANSWERED)):
        info = {"title": _TITLE, "version": release}
        return kept_document({"swagger": _SWAGGER, "info": info, "paths": {}}, headers=_VARY)
    body = _field(1, _SWAGGER.encode())
    body += _field(2, _field(1, _TITLE.encode()) + _field(2, release.encode()))
    return Document(body, ANSWERED, f'"{digest(body)}"', _VARY)


def _field(number: int, value: bytes) -> bytes:
    """One field of a protobuf message whose value is a text or a message."""
    return bytes([number << 3 | 2]) + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
