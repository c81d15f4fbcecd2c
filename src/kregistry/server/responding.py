"""Responding: what a door gave, as the answer to the client.

Source: ``k8s.io/apiserver/pkg/endpoints/handlers`` transformResponseObject,
``responsewriters`` WriteObjectNegotiated.
"""

from __future__ import annotations

from typing import Any, Final

from kregistry.meta.object import Object, ObjectList
from kregistry.meta.status import Status
from kregistry.meta.table import TableOptions
from kregistry.server.documents import written
from kregistry.server.negotiation import JSON, TABLE, Negotiated, negotiate
from kregistry.server.request import Headers
from kregistry.server.response import Response
from kregistry.server.scope import RequestScope
from kregistry.server.splicing import bytes_as_stored, list_body
from kregistry.server.statuses import status_response
from kregistry.server.transforms import Shower, possible_transforms, table_options

_JSON: Final = Headers({"content-type": JSON.name})
_NO_TABLE: Final = TableOptions()


class Responder:
    """Knows in which form the answer is wanted; made before anything is done.

    So a request whose answer nobody could read changes nothing.

    Args:
        scope: The request.

    Raises:
        NotAcceptable: There is no form that it accepts (406).
        BadRequest: It says in a way that nobody understands how it wants tables (400).
    """

    def __init__(self, scope: RequestScope) -> None:
        self._scope = scope
        self._form = negotiate(scope.call.request, transforms=possible_transforms(scope))
        self._options = _NO_TABLE
        if self._form.target is not None and self._form.target.kind == TABLE:
            self._options = table_options(scope.call.query)

    def answer(self, obj: Any, code: int = 200) -> Response:
        """*obj* as an answer: an object, a list, or a Status, which keeps its own code.

        Raises:
            NotAcceptable: A list was asked for as an object, or the other way round (406).
        """
        if isinstance(obj, Status):
            return status_response(obj, self._form, code=obj.code or code)
        body = self._plain_body(obj) if self.is_plain else None
        if body is None:
            tree = Shower(self._scope, self._form.target, self._options).show(obj)
            body = written(tree, self._form, engine=self._scope.tools.engine)
        return self.of_body(body, code)

    def written(self, obj: Any, code: int, *, dry_run: bool) -> Response:
        """*obj* as an answer, which the door has just stored, or would have."""
        scope = self._scope
        near = scope.tools.in_memory and not dry_run
        if near and self.is_plain and isinstance(obj, Object):
            stored = bytes_as_stored(scope.door, scope.ctx, obj)
            if stored is not None:
                return self.of_body(stored.json() + b"\n", code)
        return self.answer(obj, code)

    def of_body(self, body: bytes, code: int = 200) -> Response:
        """The answer whose *body* is in the form that is wanted."""
        json = self._form.media_type is JSON
        headers = _JSON if json else Headers({"content-type": self._form.media_type.name})
        return Response(status=code, headers=headers, body=body)

    @property
    def is_plain(self) -> bool:
        """Whether the bytes of the codec are the answer as they are."""
        form: Negotiated = self._form
        return (
            form.media_type is JSON
            and form.target is None
            and not form.pretty
            and self._scope.route.endpoint.conversion is None
        )

    def _plain_body(self, obj: Any) -> bytes | None:
        """None for what is made of trees."""
        codec = self._scope.tools.codec
        if isinstance(obj, ObjectList):
            return list_body(obj, self._scope.route.served, codec)
        return codec.encode(obj) + b"\n" if isinstance(obj, Object) else None
