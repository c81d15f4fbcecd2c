"""Unstructured: an object of a kind that has no class.

Source: ``k8s.io/apimachinery/pkg/apis/meta/v1/unstructured``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kregistry.meta.model import field, model
from kregistry.meta.object import Object

#: Members that are attributes and not content.
TYPED_MEMBERS = frozenset({"apiVersion", "kind", "metadata"})


@model
class Unstructured(Object):
    """Any object: metadata is typed, everything else is plain JSON under its wire names.

    ::

        widget = Unstructured(api_version="shop.example/v1", kind="Widget")
        widget.metadata.name = "a"
        widget["spec"] = {"size": 3}
        widget.at("spec", "size")           # 3
        widget.at("status", "phase")        # None

    Nothing is lost in a round trip, whatever the members are called.

    Attributes:
        api_version: ``v1`` or ``group/version``.
        kind: Name of the kind.
        content: Every member but ``apiVersion``, ``kind`` and ``metadata``.
        unknown_metadata: Members of ``metadata`` that ObjectMeta does not have.
    """

    api_version: str = field(default="", always=True)  # type: ignore[misc]
    kind: str = field(default="", always=True)  # type: ignore[misc]
    content: dict[str, Any] = field(factory=dict)
    unknown_metadata: dict[str, Any] = field(factory=dict)

    def __getitem__(self, member: str) -> Any:
        return self.content[_content_member(member)]

    def __setitem__(self, member: str, value: Any) -> None:
        self.content[_content_member(member)] = value

    def __delitem__(self, member: str) -> None:
        del self.content[_content_member(member)]

    def __contains__(self, member: object) -> bool:
        return member in self.content

    def __iter__(self) -> Iterator[str]:
        return iter(self.content)

    def get(self, member: str, default: Any = None) -> Any:
        """The member of the content, or *default*."""
        return self.content.get(member, default)

    def at(self, *path: str | int, default: Any = None) -> Any:
        """What lies under *path*; *default* where the path ends early or meets another type.

        Source: ``unstructured.NestedFieldNoCopy``.
        """
        here: Any = self.content
        for step in path:
            if not isinstance(here, dict | list):
                return default
            try:
                here = here[step]  # type: ignore[index]
            except (KeyError, IndexError, TypeError):
                return default
        return here


def _content_member(member: str) -> str:
    if member in TYPED_MEMBERS:
        attribute = "api_version" if member == "apiVersion" else member
        raise KeyError(f"{member} is not content; it is the attribute .{attribute}")
    return member
