"""Where the objects of a resource are kept.

Source: ``k8s.io/apiserver/pkg/registry/generic/registry/store.go`` NamespaceKeyRootFunc,
NamespaceKeyFunc, NoNamespaceKeyFunc.
"""

from __future__ import annotations

import attrs

from kregistry.meta import names
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest
from kregistry.meta.goformat import quote
from kregistry.registry.receiving import require_context


@attrs.frozen
class Keys:
    """Makes storage keys of one resource.

    Attributes:
        prefix: Where its objects are; starts with a slash and does not end with one.
        namespaced: Whether the namespace is part of the key.
    """

    prefix: str
    namespaced: bool

    def root(self, ctx: Context) -> str:
        """The key below which everything lies that the request may see.

        Raises:
            BadRequest: The namespace cannot be part of a key.
        """
        if not self.namespaced or not ctx.namespace:
            return self.prefix
        return f"{self.prefix}/{_segment('Namespace', ctx.namespace)}"

    def key(self, ctx: Context, name: str) -> str:
        """The key of one object.

        Raises:
            BadRequest: Name or namespace are missing, or cannot be part of a key.
        """
        require_context(ctx)
        if not self.namespaced:
            return f"{self.prefix}/{_segment('Name', name)}"
        if not ctx.namespace:
            raise BadRequest("Namespace parameter required.")
        namespace = _segment("Namespace", ctx.namespace)
        return f"{self.prefix}/{namespace}/{_segment('Name', name)}"


def _segment(what: str, value: str) -> str:
    if not isinstance(value, str):
        raise BadRequest(f"{what} parameter invalid: must be text, not {type(value).__name__}")
    if not value:
        raise BadRequest(f"{what} parameter required.")
    problems = names.path_segment_name(value)
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        problems.append("must be valid UTF-8")
    if problems:
        raise BadRequest(f"{what} parameter invalid: {quote(value)}: {';'.join(problems)}")
    return value
