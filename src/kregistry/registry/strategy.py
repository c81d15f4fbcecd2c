"""Strategies: what makes a kind the kind it is, and nothing of how it is stored.

Each class below is one interface of ``k8s.io/apiserver/pkg/registry/rest``. Methods stand in
the order in which they run. What Go finds out by type assertion is a method with a default.
A strategy of one's own starts from :class:`~kregistry.registry.Strategy`, which has a sensible
answer for all of them.

A strategy is shared by every request of every thread, so it keeps no state of a request.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Generic, TypeVar

from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList
from kregistry.meta.object import Object
from kregistry.meta.options import DeleteOptions
from kregistry.registry.gcpolicy import GarbageCollectionPolicy
from kregistry.registry.names import NameGenerator
from kregistry.registry.validation.namerules import NameRule, path_segment_name
from kregistry.runtime.scheme import ObjectTyper

T = TypeVar("T", bound=Object)


class RESTCreateStrategy(ObjectTyper, NameGenerator, Generic[T]):
    """What happens to an object between "decoded" and "stored for the first time".

    Source: ``rest.RESTCreateStrategy``.
    """

    @abstractmethod
    def namespace_scoped(self) -> bool:
        """Whether objects live in namespaces. Asked before any other method."""

    @abstractmethod
    def prepare_for_create(self, ctx: Context, obj: T) -> None:
        """Clear what only the server may set, such as status, and set what it must.

        Runs first, on an object with name, namespace, uid and creation time. May change
        anything. It normalises and does not judge: that comes next.
        """

    @abstractmethod
    def validate(self, ctx: Context, obj: T) -> ErrorList:
        """Everything that is wrong with *obj*; an empty list lets it pass.

        Runs after :meth:`prepare_for_create`, and before the rules for metadata that hold for
        every kind. Must not change *obj*. Whatever is returned becomes one 422 Invalid.
        """

    def name_rule(self) -> NameRule:
        """What the rules for metadata, which come next, demand of the name.

        By default only that it fits between two slashes, which is what Go has here; kinds
        that want more say so here or in :meth:`validate`.
        """
        return path_segment_name

    def validates_metadata(self) -> bool:
        """Whether :meth:`validate` has applied the rules for metadata with this name rule.

        Then they need not run again: they would find nothing. Go runs them twice for Pods,
        which for a Pod is a tenth of what storing it costs.
        """
        return False

    @abstractmethod
    def warnings_on_create(self, ctx: Context, obj: T) -> Sequence[str]:
        """What the caller should know although *obj* is valid.

        Runs once *obj* is known to be valid. Must not change it. Short sentences with the
        path of the field in front.
        """

    @abstractmethod
    def canonicalize(self, obj: T) -> None:
        """Bring a valid object into its canonical form.

        Runs last, after create's and update's checks alike. Nothing validates the result, so
        it may only swap a valid value for one that means the same.
        """


class RESTUpdateStrategy(ObjectTyper, Generic[T]):
    """What happens to an object between "decoded" and "stored in place of an older one".

    Source: ``rest.RESTUpdateStrategy``.
    """

    @abstractmethod
    def namespace_scoped(self) -> bool:
        """Whether objects live in namespaces."""

    @abstractmethod
    def allow_create_on_update(self) -> bool:
        """Whether an update of an object that does not exist creates it.

        Asked first. Without it, such an update is a 404.
        """

    @abstractmethod
    def allow_unconditional_update(self) -> bool:
        """Whether an update without a resourceVersion overwrites whatever is stored.

        Asked next. Without it, such an update is a 422.
        """

    @abstractmethod
    def prepare_for_update(self, ctx: Context, obj: T, old: T) -> None:
        """Take from *old* what the caller may not change, and bump the generation if need be.

        Runs on an object whose generation was set to *old*'s already. May change *obj*,
        never *old*. May run again, on fresh objects, when another writer came between.
        """

    @abstractmethod
    def validate_update(self, ctx: Context, obj: T, old: T) -> ErrorList:
        """Everything that is wrong with *obj*, or with the step from *old* to it.

        Runs after the rules for metadata that hold for every kind; both lists are reported
        together. Must change neither object.
        """

    @abstractmethod
    def warnings_on_update(self, ctx: Context, obj: T, old: T) -> Sequence[str]:
        """What the caller should know although the update is valid. Must change neither."""

    @abstractmethod
    def canonicalize(self, obj: T) -> None:
        """Bring a valid object into its canonical form; see :class:`RESTCreateStrategy`."""


class RESTCreateUpdateStrategy(RESTCreateStrategy[T], RESTUpdateStrategy[T]):
    """Both. Source: ``rest.RESTCreateUpdateStrategy``."""


class RESTDeleteStrategy(ObjectTyper, Generic[T]):
    """How objects go: at once, unless one of the classes below says otherwise.

    Source: ``rest.RESTDeleteStrategy``.
    """

    def supports_graceful_delete(self) -> bool:
        """Whether :meth:`check_graceful_delete` is to be asked at all. Asked first."""
        return False

    def check_graceful_delete(self, ctx: Context, obj: T, options: DeleteOptions) -> int | None:
        """How long *obj* gets to end; see :class:`RESTGracefulDeleteStrategy`."""
        return None

    def default_garbage_collection_policy(self, ctx: Context) -> GarbageCollectionPolicy:
        """What becomes of dependents; see :class:`GarbageCollectionDeleteStrategy`."""
        return GarbageCollectionPolicy.DELETE_DEPENDENTS


class RESTGracefulDeleteStrategy(RESTDeleteStrategy[T]):
    """Objects get time to end: first marked with a deletion time, later removed.

    Source: ``rest.RESTGracefulDeleteStrategy``.
    """

    def supports_graceful_delete(self) -> bool:
        return True

    @abstractmethod
    def check_graceful_delete(self, ctx: Context, obj: T, options: DeleteOptions) -> int | None:
        """How long *obj* gets to end.

        Runs on an object that is not being deleted yet, possibly several times per request.
        Must not change *obj*. The time asked for is ``options.grace_period_seconds``, None if
        the caller has no opinion; the strategy has the last word.

        Returns:
            Seconds, where 0 marks the object and then removes it in the same request; None
            to remove it without a mark. Go returns a bool and writes the seconds into the
            options.
        """


class GarbageCollectionDeleteStrategy(RESTDeleteStrategy[T]):
    """The kind has its own mind about dependents.

    Source: ``rest.GarbageCollectionDeleteStrategy``.
    """

    @abstractmethod
    def default_garbage_collection_policy(self, ctx: Context) -> GarbageCollectionPolicy:
        """What becomes of dependents when the request does not say. Runs on every delete."""


class ResetFieldsStrategy(ABC):
    """Some fields are never the caller's to own. Source: ``rest.ResetFieldsStrategy``."""

    @abstractmethod
    def get_reset_fields(self) -> Mapping[str, Sequence[str]]:
        """Per apiVersion the paths, such as ``status``, that this endpoint ignores.

        Asked when server-side apply works out who owns what.
        """


class RESTStrategy(
    RESTCreateUpdateStrategy[T], RESTDeleteStrategy[T], ResetFieldsStrategy, Generic[T]
):
    """Everything that a Store asks of a kind: how it is created, updated, deleted and selected."""

    @abstractmethod
    def selectable_fields(self, obj: T) -> Mapping[str, str]:
        """The fields that a field selector may name, with their values in *obj*.

        Runs on every object that a list or watch with a field selector looks at. The names
        must be the same for every object, an empty one included.

        Source: ``storage.AttrFunc``.
        """

    def literal_fields(self) -> Collection[str]:
        """Those of the selectable fields that stand in an object's JSON as they are.

        That is, whose value, unless it is "", is a string somewhere in the JSON: not computed,
        not a default that is left out, not a number or a flag. A list that asks for such a
        value need not decode the objects in which it does not occur.
        """
        return ()

    def indexed_fields(self) -> Sequence[str]:
        """Those of the literal fields by which lists are asked for often, such as by node.

        A list that pins one takes time by the length of its answer. Its value stands in the
        JSON under the last part of its path, and nowhere else but seldom.

        Source: ``storage.IndexerFuncs``.
        """
        return ()

    def field_aliases(self) -> Mapping[str, str]:
        """Other names that a field selector may use, and the field that each stands for.

        A field that no object has is empty in all of them.

        Source: ``runtime.FieldLabelConversionFunc``.
        """
        return {}
