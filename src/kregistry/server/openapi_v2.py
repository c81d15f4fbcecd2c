"""OpenAPI v2: the older description of the API, which here describes nothing.

kubectl asks for it where it finds no kind in v3: before it sends a ``List``, such as what
``kubectl get -o yaml`` prints of more than one object. Without an answer it sends nothing. Told
of no kinds it leaves all of them to the server, which validates each object with what it is.

Source: ``k8s.io/kube-openapi/pkg/handler``; ``openapi_v2.Document`` of ``gnostic-models``.
"""

from __future__ import annotations

from typing import Final

from kregistry.meta.wire import encode_field
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
    described = encode_field(1, _TITLE.encode()) + encode_field(2, release.encode())
    body = encode_field(1, _SWAGGER.encode()) + encode_field(2, described)
    return Document(body, ANSWERED, f'"{digest(body)}"', _VARY)
