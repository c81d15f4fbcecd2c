"""Planted faults one floor up: storages that break one rule about objects each.

What :mod:`kregistry.testing.faults` is for backends, this is for storages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import attrs

from kregistry.meta.context import Context
from kregistry.meta.object import Object, ObjectList
from kregistry.runtime.resource import Resource
from kregistry.storage.interface import (
    NO_GET_OPTIONS,
    NO_LIST_OPTIONS,
    GetOptions,
    ListOptions,
    ResponseMeta,
    UpdateFunc,
)
from kregistry.storage.memory import MemoryBackend
from kregistry.storage.objects import ObjectStorage, StorageSettings
from kregistry.storage.predicate import SelectionPredicate
from kregistry.storage.watch import Watch

U = TypeVar("U", bound=Object)


class Faulty(ObjectStorage[Any]):
    """A storage in memory, to be broken by a subclass."""

    def __init__(self, settings: StorageSettings) -> None:
        super().__init__(MemoryBackend(), settings)

    def for_resource(self, resource: Resource[U]) -> ObjectStorage[U]:
        view: Any = self.__class__.__new__(self.__class__)
        ObjectStorage.__init__(view, self._backend, self._settings, resource=resource)
        return view  # type: ignore[no-any-return]


class DeletionKeepsVersion(Faulty):
    """Delete returns the version of the last write instead of its own."""

    def delete(self, ctx: Context, key: str, **how: Any) -> Any:
        last = self.get(ctx, key).metadata.resource_version
        out = super().delete(ctx, key, **how)
        out.metadata.resource_version = last
        return out


class PreconditionsIgnored(Faulty):
    """Delete does not look at preconditions."""

    def delete(self, ctx: Context, key: str, **how: Any) -> Any:
        how.pop("preconditions", None)
        return super().delete(ctx, key, **how)


class SuggestionTrusted(Faulty):
    """Delete validates what the caller believes to be stored."""

    def delete(self, ctx: Context, key: str, **how: Any) -> Any:
        cached = how.pop("cached", None)
        if cached is not None and "validate" in how:
            how.pop("validate")(ctx, cached)
        return super().delete(ctx, key, **how)


class VersionAccepted(Faulty):
    """Create takes objects that carry a version."""

    def create(self, ctx: Context, key: str, obj: Any, *, ttl: int = 0) -> Any:
        obj.metadata.resource_version = ""
        return super().create(ctx, key, obj, ttl=ttl)


class TimeToLiveForgotten(Faulty):
    """Create does not pass the time to live on."""

    def create(self, ctx: Context, key: str, obj: Any, *, ttl: int = 0) -> Any:
        return super().create(ctx, key, obj)


class UnchangedWritten(Faulty):
    """An update that changes nothing is written all the same."""

    def guaranteed_update(
        self, ctx: Context, key: str, try_update: UpdateFunc[Any], **how: Any
    ) -> Any:
        before = self.current_resource_version(ctx)
        out = super().guaranteed_update(ctx, key, try_update, **how)
        if self.current_resource_version(ctx) == before:
            record = self._backend.get(self._space.prepare(key)).record
            assert record is not None
            revision = self._backend.put(record.key, record.value, expected=record.mod_revision)
            out.metadata.resource_version = str(revision)
        return out


class UpdatedOnce(Faulty):
    """An update gives up its loop: the first answer of its function is kept."""

    def guaranteed_update(
        self, ctx: Context, key: str, try_update: UpdateFunc[Any], **how: Any
    ) -> Any:
        answers: list[Any] = []

        def first(obj: Any, meta: ResponseMeta) -> Any:
            if not answers:
                answers.append(try_update(obj, meta))
            return answers[0]

        return super().guaranteed_update(ctx, key, first, **how)


class LowerBoundIgnored(Faulty):
    """Get answers whatever version is asked for."""

    def get(self, ctx: Context, key: str, options: GetOptions = NO_GET_OPTIONS) -> Any:
        return super().get(ctx, key, attrs.evolve(options, resource_version=""))


class ChangedList(Faulty):
    """A storage with other lists."""

    def change(self, options: ListOptions) -> ListOptions:
        """Change what is asked."""
        return options

    def tamper(self, found: ObjectList[Any], options: ListOptions) -> None:
        """Change what is answered."""

    def get_list(
        self, ctx: Context, key: str, options: ListOptions = NO_LIST_OPTIONS
    ) -> ObjectList[Any]:
        found = super().get_list(ctx, key, self.change(options))
        self.tamper(found, options)
        return found


class NewestShown(ChangedList):
    """A list of an exact version shows the newest."""

    def change(self, options: ListOptions) -> ListOptions:
        return attrs.evolve(options, resource_version_match="NotOlderThan")


class LimitIgnored(ChangedList):
    """A list shows everything whatever the limit."""

    def change(self, options: ListOptions) -> ListOptions:
        return attrs.evolve(options, predicate=attrs.evolve(options.predicate, limit=0))


class RestCountedWithSelector(ChangedList):
    """A list through a selector says how many more there are."""

    def tamper(self, found: ObjectList[Any], options: ListOptions) -> None:
        if found.metadata.continue_:
            found.metadata.remaining_item_count = 1


class SortedByName(ChangedList):
    """A list is sorted by name."""

    def tamper(self, found: ObjectList[Any], options: ListOptions) -> None:
        found.items = sorted(found.items, key=lambda obj: obj.metadata.name)


class ItemVersionShown(ChangedList):
    """The version of a list is that of its newest item."""

    def tamper(self, found: ObjectList[Any], options: ListOptions) -> None:
        versions = [int(obj.metadata.resource_version) for obj in found.items]
        found.metadata.resource_version = str(max([1, *versions]))


class ChangedWatch(Faulty):
    """A storage with other watches."""

    def change(self, options: ListOptions) -> ListOptions:
        """Change what is asked."""
        return options

    def watch(self, ctx: Context, key: str, options: ListOptions = NO_LIST_OPTIONS) -> Watch[Any]:
        return super().watch(ctx, key, self.change(options))


class FirstEventMissed(ChangedWatch):
    """A watch from a version begins one later."""

    def change(self, options: ListOptions) -> ListOptions:
        if options.resource_version in ("", "0") or options.send_initial_events:
            return options
        later = str(int(options.resource_version) + 1)
        return attrs.evolve(options, resource_version=later)


class SelectorIgnored(ChangedWatch):
    """A watch shows what its selector does not select."""

    def change(self, options: ListOptions) -> ListOptions:
        return attrs.evolve(options, predicate=SelectionPredicate())


class InitialEventsForgotten(ChangedWatch):
    """A watch from nowhere shows only what happens from now on."""

    def change(self, options: ListOptions) -> ListOptions:
        return attrs.evolve(options, send_initial_events=False)


class InitialEventsForced(ChangedWatch):
    """A watch always begins with what exists."""

    def change(self, options: ListOptions) -> ListOptions:
        return attrs.evolve(options, send_initial_events=True)


class SizesForgotten(Faulty):
    """Statistics do not estimate sizes."""

    def enable_resource_size_estimation(self, keys: Callable[[], Iterable[str]]) -> None:
        """Accepted, and forgotten."""


#: Every planted fault, and the cases that must turn red. One of them is enough.
STORAGE_FAULTS: dict[type[Faulty], str] = {
    DeletionKeepsVersion: "s013 w019",
    PreconditionsIgnored: "s016",
    SuggestionTrusted: "s022",
    VersionAccepted: "s002",
    TimeToLiveForgotten: "s003",
    UnchangedWritten: "s159",
    UpdatedOnce: "s166",
    LowerBoundIgnored: "s010",
    NewestShown: "S030",
    LimitIgnored: "S044",
    RestCountedWithSelector: "S056",
    SortedByName: "S072",
    ItemVersionShown: "S076 S112",
    FirstEventMissed: "w013",
    SelectorIgnored: "W023",
    InitialEventsForgotten: "W049 W065",
    InitialEventsForced: "W050",
    SizesForgotten: "s169",
}
