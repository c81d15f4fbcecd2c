"""Bodies: what a client sent, as objects and options.

Source: ``k8s.io/apiserver/pkg/endpoints/handlers`` create.go, update.go, delete.go, rest.go.
"""

from __future__ import annotations

from typing import Any, Final

from kregistry.meta.errors import BadRequest
from kregistry.meta.gvk import GroupVersionKind
from kregistry.meta.object import Object
from kregistry.meta.options import DeleteOptions
from kregistry.registry.validation.options import require_valid, validate_delete_options
from kregistry.runtime.codec import Decoded, UnknownFields
from kregistry.runtime.errors import DecodeError
from kregistry.runtime.strict import parse
from kregistry.server.negotiation import (
    JSON,
    META_GROUP,
    META_VERSIONS,
    YAML,
    media_type_of_body,
)
from kregistry.server.scope import RequestScope
from kregistry.server.yamldocument import tree_of_yaml

_LEVELS: Final[dict[str, UnknownFields]] = {
    "Ignore": "Ignore",
    "Warn": "Warn",
    "": "Warn",
    "Strict": "Strict",
}

_DELETE_OPTIONS: Final = GroupVersionKind(META_GROUP, META_VERSIONS[0], DeleteOptions.kind)


def sent_object(scope: RequestScope, *, field_validation: str) -> Object:
    """The object in the body, with the defaults of its kind.

    Args:
        scope: The request; gets warnings about fields that nobody knows.
        field_validation: What such fields lead to: ``Ignore``, ``Strict``, or ``Warn``, which
            is also what "" means.

    Raises:
        BadRequest: The body is no such object (400).
        UnsupportedMediaType: It is in a form that nobody can read (415).
    """
    body = scope.call.request.body
    try:
        document, repeated = _document(scope, scope.gvk)
        if repeated and field_validation == "Strict":
            raise DecodeError(f"strict decoding error: {', '.join(repeated)}")
        obj = read_object(scope, document, field_validation=field_validation)
    except DecodeError as error:
        raise BadRequest(error.handled_as(scope.gvk.kind, body)) from error
    if _LEVELS[field_validation] == "Warn":
        scope.call.warnings.extend(repeated)
    return obj


def _document(scope: RequestScope, expected: GroupVersionKind) -> tuple[Any, list[str]]:
    """JSON text, or the tree that another form stands for; and what is said twice in it.

    Args:
        scope: The request.
        expected: Kind of a document that does not say what it is.

    Raises:
        DecodeError: The body is not of the form that it is said to be in.
        UnsupportedMediaType: It is in a form that nobody can read (415).
    """
    request = scope.call.request
    media_type = media_type_of_body(request)
    if media_type is JSON:
        return request.body, []
    if media_type == YAML:
        return tree_of_yaml(request.body)
    from kregistry.server.protobuf import tree_of_protobuf

    return tree_of_protobuf(request.body, expected, scope.tools.codec.limits), []


def read_object(scope: RequestScope, document: Any, *, field_validation: str) -> Object:
    """An object of the kind that the endpoint speaks, with its defaults.

    Args:
        scope: The request; gets warnings.
        document: JSON text, or a tree.
        field_validation: As for :func:`sent_object`.

    Raises:
        DecodeError: It is no such object.
    """
    endpoint = scope.route.endpoint
    gvk: GroupVersionKind | None = scope.gvk
    if endpoint.conversion is not None:
        document = _converted(scope, document)
        prototype = scope.door.new()
        gvk = GroupVersionKind.of(prototype.api_version, prototype.kind)
    decoded: Decoded[Any] = scope.tools.codec.decode_strict(
        document, endpoint.cls, gvk=gvk, unknown=_LEVELS[field_validation]
    )
    for warning in decoded.warnings:
        scope.ctx.warn(warning)
    scope.tools.codec.scheme.set_defaults(decoded.obj)
    obj: Object = decoded.obj
    return obj


def _converted(scope: RequestScope, document: Any) -> dict[str, Any]:
    """The same in the version that the door speaks; refuses another kind than is served."""
    limits = scope.tools.codec.limits
    tree = parse(document, limits) if isinstance(document, bytes) else document
    if not isinstance(tree, dict):
        raise DecodeError("json: cannot unmarshal the document into an object")
    tree, gvk = dict(tree), scope.gvk
    for member, wanted in (("apiVersion", gvk.api_version), ("kind", gvk.kind)):
        found = tree.setdefault(member, wanted) or wanted
        if found != wanted:
            raise DecodeError(f'{member} is "{found}", not "{wanted}"', gvk=gvk)
    conversion = scope.route.endpoint.conversion
    assert conversion is not None
    try:
        return conversion.to_stored(tree)
    except (TypeError, ValueError, AttributeError, LookupError) as error:
        raise DecodeError(f"cannot convert: {error}", gvk=gvk) from error


def delete_options(scope: RequestScope) -> DeleteOptions:
    """How to delete: from the body if there is one, else from the query; never from both.

    Raises:
        BadRequest: They cannot be read (400).
        Invalid: They contradict each other (422).
    """
    request = scope.call.request
    if not request.body:
        options = scope.call.query.delete_options()
    else:
        try:
            document, _ = _document(scope, _DELETE_OPTIONS)
            options = _delete_options(scope, document)
        except DecodeError as error:
            raise BadRequest(str(error)) from error
    require_valid("DeleteOptions", validate_delete_options(options))
    return options


def _delete_options(scope: RequestScope, document: Any) -> DeleteOptions:
    """Options of any group and version: once, every group had its own."""
    codec = scope.tools.codec
    tree = parse(document, codec.limits) if isinstance(document, bytes) else document
    if not isinstance(tree, dict):
        raise DecodeError("json: cannot unmarshal the document into DeleteOptions")
    tree = dict(tree)
    kind = tree.pop("kind", None) or DeleteOptions.kind
    tree.pop("apiVersion", None)
    if kind != DeleteOptions.kind:
        raise DecodeError("decoded object cannot be converted to DeleteOptions")
    return codec.from_dict(tree, DeleteOptions)
