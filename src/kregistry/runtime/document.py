"""Document: a parsed JSON object and what it says it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kregistry.meta.goformat import json_text
from kregistry.meta.gvk import GroupVersion, GroupVersionKind
from kregistry.runtime.engine import STDLIB
from kregistry.runtime.errors import DecodeError, EncodeError, missing_kind, missing_version
from kregistry.runtime.limits import Limits
from kregistry.runtime.plain import plain, too_deep
from kregistry.runtime.scheme import Scheme
from kregistry.runtime.strict import json_type, parse
from kregistry.runtime.unstructured import Unstructured

_NO_TYPE = "couldn't get version/kind; json parse error: "

#: So much of a document is shown in a message about it.
_SHOWN_LENGTH = 200


def tree_of(data: bytes | Mapping[str, Any], limits: Limits) -> Any:
    """Read what a client sent, or check what some other parser made of it.

    Raises:
        DecodeError: It breaks a limit or is not JSON.
    """
    if isinstance(data, bytes | bytearray | memoryview):
        return parse(data, limits)
    if not isinstance(data, Mapping):
        found = type(data).__name__
        raise DecodeError(f"expected bytes or a mapping, found a value of type {found}")
    try:
        tree = plain(data, limits.max_depth)
        size = len(STDLIB.dumps(tree))
    except EncodeError as error:
        raise DecodeError(str(error)) from None
    except RecursionError:
        raise DecodeError(str(too_deep())) from None
    if size > limits.max_body_bytes:
        raise DecodeError(f"Request entity too large: limit is {limits.max_body_bytes}")
    return tree


class Document:
    """A JSON object that may be one of the API.

    Attributes:
        tree: Its members.
        gvk: What it says it is; parts that it does not say are "".

    Raises:
        DecodeError: *tree* is no JSON object, or its type is not told in strings.
    """

    def __init__(self, tree: Any) -> None:
        if not isinstance(tree, dict):
            raise DecodeError(f"{_NO_TYPE}json: cannot unmarshal {json_type(tree)} into an object")
        self.tree = tree
        self.gvk = GroupVersionKind(*self._group_version(), self._type_member("kind"))

    def class_by(self, scheme: Scheme, cls: Any = None, gvk: GroupVersionKind | None = None) -> Any:
        """The class to read this as.

        Args:
            scheme: Knows the classes of kinds.
            cls: What the caller wants, None for whatever it is.
            gvk: Kind that the caller wants.

        Raises:
            DecodeError: It is of another kind, or does not say of which.
        """
        wanted = gvk if gvk is not None else _declared_kind(cls)
        if wanted is not None:
            self._expect(wanted, scheme)
        elif cls is None:
            self._require_type()
        if cls is not None:
            return cls
        known = wanted or self.gvk
        return scheme.class_for(known) if scheme.recognizes(known) else Unstructured

    def _expect(self, wanted: GroupVersionKind, scheme: Scheme) -> None:
        """Complete :attr:`gvk` from what is wanted, and refuse another one."""
        found = self.gvk
        if not found.version:
            found = found._replace(group=wanted.group, version=wanted.version)
        if not found.kind:
            found = found._replace(kind=wanted.kind)
        self.gvk = found
        if found == wanted:
            return
        if scheme.recognizes(found):
            package = wanted.group.partition(".")[0] or "core"
            raise DecodeError(
                f"converting ({found.version}.{found.kind}) to ({package}.{wanted.kind}): "
                f"unknown conversion",
                gvk=found,
            )
        raise DecodeError(str(scheme.not_registered(found)), gvk=found)

    def _require_type(self) -> None:
        if self.gvk.kind and self.gvk.version:
            return
        try:
            shown = STDLIB.dumps(self.tree).decode()
        except (ValueError, RecursionError):  # stored bytes may hold what nobody would write
            shown = json_text(self.tree)
        if len(shown) > _SHOWN_LENGTH:
            shown = f"{shown[:_SHOWN_LENGTH]}..."
        missing = missing_version(shown) if self.gvk.kind else missing_kind(shown)
        raise DecodeError(str(missing), gvk=self.gvk)

    def _group_version(self) -> GroupVersion:
        try:
            return GroupVersion.parse(self._type_member("apiVersion"))
        except ValueError as error:
            raise DecodeError(str(error)) from None

    def _type_member(self, name: str) -> str:
        value = self.tree.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise DecodeError(
                f"{_NO_TYPE}json: cannot unmarshal {json_type(value)} "
                f"into field {name} of type string"
            )
        return value


def _declared_kind(cls: Any) -> GroupVersionKind | None:
    """What a class declares itself to be; None if it does not."""
    api_version, kind = getattr(cls, "api_version", None), getattr(cls, "kind", None)
    if isinstance(api_version, str) and isinstance(kind, str) and kind:
        return GroupVersionKind.of(api_version, kind)
    return None
