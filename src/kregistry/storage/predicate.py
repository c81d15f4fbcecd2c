"""SelectionPredicate: which objects of a list or watch are wanted, and how many at a time.

Source: ``k8s.io/apiserver/pkg/storage/selection_predicate.go``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.runtime import fields, labels

#: What an object is selected by: its labels, and its fields by path.
Attributes = tuple[Mapping[str, str], Mapping[str, str]]
GetAttrs = Callable[[Any], Attributes]


#: What the key of an object is made of.
NAMING_FIELDS: Final = frozenset({"metadata.name", "metadata.namespace"})


def default_attributes(obj: Object) -> Attributes:
    """Labels, ``metadata.name`` and ``metadata.namespace``: what every kind can be selected by.

    Source: ``storage.DefaultNamespaceScopedAttr``.
    """
    meta = obj.metadata
    return meta.labels, {"metadata.name": meta.name, "metadata.namespace": meta.namespace}


def _whole(predicate: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, int):
        raise TypeError(f"limit is a whole number, not {type(value).__name__}")


@attrs.frozen(kw_only=True)
class SelectionPredicate:
    """Which objects are wanted.

    Attributes:
        label: Selects by labels.
        field: Selects by fields.
        get_attrs: Takes labels and fields from an object. When it raises, lists and watches
            treat the object as one that does not match. Asked once for each version of an
            object: it must say the same of the same object.
        literal_labels: What *get_attrs* takes as labels are those of the metadata, as with
            :func:`default_attributes`. Lists then pass over objects whose bytes do not hold
            what the selector asks for.
        literal_fields: Fields whose value, unless it is "", always stands as a string in the
            object's JSON: not computed, not a default that is left out, not a number or a
            flag. For lists, as *literal_labels*.
        index_labels: Labels that an index may exist for.
        index_fields: Fields that an index may exist for. One that is literal, too, and whose
            value stands in the JSON under the last part of its path, gets an index at the
            first list that pins it.
        limit: At most so many objects; 0 for all.
        continue_: Token of an earlier page, "" for the first.
        allow_watch_bookmarks: Watch only: the reader understands bookmarks.
    """

    label: labels.Selector = attrs.field(factory=labels.everything)
    field: fields.Selector = attrs.field(factory=fields.everything)
    get_attrs: GetAttrs = default_attributes
    literal_labels: bool = False
    literal_fields: frozenset[str] = frozenset()
    index_labels: tuple[str, ...] = ()
    index_fields: tuple[str, ...] = ()
    limit: int = attrs.field(default=0, validator=_whole)
    continue_: str = ""
    allow_watch_bookmarks: bool = False

    @property
    def empty(self) -> bool:
        """Whether every object matches. Source: ``SelectionPredicate.Empty``."""
        return self.label.empty and self.field.empty

    def matches(self, obj: Any) -> bool:
        """Whether *obj* is wanted; what ``get_attrs`` raises comes out.

        Source: ``SelectionPredicate.Matches``.
        """
        if self.empty:
            return True
        return self.matches_object_attributes(*self.get_attrs(obj))

    def selects(self, obj: Any) -> bool:
        """:meth:`matches`, where an object without attributes does not match."""
        try:
            return self.matches(obj)
        except Exception:
            return False

    def matches_object_attributes(
        self, label_set: Mapping[str, str], field_set: Mapping[str, str]
    ) -> bool:
        """:meth:`matches` for attributes that are known already."""
        return (self.label.empty or self.label.matches(label_set)) and (
            self.field.empty or self.field.matches(field_set)
        )

    def matches_single(self) -> str | None:
        """The only name that can match, None if there may be several or a token is given.

        Source: ``SelectionPredicate.MatchesSingle``.
        """
        return None if self.continue_ else self.field.requires_exact_match("metadata.name")

    def matches_single_namespace(self) -> str | None:
        """The only namespace that can match. Source: ``MatchesSingleNamespace``."""
        if self.continue_:
            return None
        return self.field.requires_exact_match("metadata.namespace")

    def matcher_index(self, ctx: Context) -> list[tuple[str, str]]:
        """Index entries one of which every match has; ``f:`` for fields, ``l:`` for labels.

        A field that is not pinned by the selector but is ``metadata.namespace`` is pinned by
        the namespace of the request.

        Source: ``SelectionPredicate.MatcherIndex``.
        """
        entries = []
        for name in self.index_fields:
            value = self.field.requires_exact_match(name)
            if value is None and name == "metadata.namespace":
                value = ctx.namespace or None
            if value is not None:
                entries.append((f"f:{name}", value))
        for name in self.index_labels:
            value = self.label.requires_exact_match(name)
            if value is not None:
                entries.append((f"l:{name}", value))
        return entries


def selects_as_it_says(part: SelectionPredicate | labels.Selector | fields.Selector) -> bool:
    """Whether what *part* says of itself is all that it goes by.

    A subclass may select in its own way; nobody but itself can tell what it leaves out.
    """
    return type(part) in (SelectionPredicate, labels.Selector, fields.Selector)


#: Every object, all at once.
EVERYTHING = SelectionPredicate()
