"""Responding: what a door gave, as the answer to the client.

Source: ``k8s.io/apiserver/pkg/endpoints/handlers`` transformResponseObject,
``responsewriters`` WriteObjectNegotiated.
"""

from __future__ import annotations

from typing import Any

from kregistry.meta.object import Object, ObjectList
from kregistry.meta.status import Status
from kregistry.meta.table import TableOptions
from kregistry.server.documents import written
from kregistry.server.negotiation import JSON, TABLE, Negotiated, negotiate
from kregistry.server.response import Response
from kregistry.server.scope import RequestScope
from kregistry.server.statuses import status_response
from kregistry.server.transforms import Shower, possible_transforms, table_options


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
        self._options = TableOptions()
        if self._form.target is not None and self._form.target.kind == TABLE:
            self._options = table_options(scope.call.query)

    def answer(self, obj: Any, code: int = 200) -> Response:
        """*obj* as an answer: an object, a list, or a Status, which keeps its own code.

        Raises:
            NotAcceptable: A list was asked for as an object, or the other way round (406).
        """
        if isinstance(obj, Status):
            return status_response(obj, self._form, code=obj.code or code)
        if self._is_plain(obj):
            body = self._scope.tools.codec.encode(obj) + b"\n"
        else:
            tree = Shower(self._scope, self._form.target, self._options).show(obj)
            body = written(tree, self._form, engine=self._scope.tools.engine)
        headers = {"content-type": self._form.media_type.name}
        return Response(status=code, headers=headers, body=body)

    def _is_plain(self, obj: Any) -> bool:
        """Whether the bytes of the codec are the answer as they are."""
        form: Negotiated = self._form
        return (
            isinstance(obj, Object)
            and not isinstance(obj, ObjectList)
            and form.media_type == JSON
            and form.target is None
            and not form.pretty
            and self._scope.route.endpoint.conversion is None
        )
