"""The way of a deletion of many objects through a Store.

What is to go is listed a page at a time, and each object of a page goes by an ordinary delete
of its own, with all rules, hooks and checks of that. There is no transaction around it: what
was deleted before something failed stays deleted.

Source: ``genericregistry.Store.DeleteCollection``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

from kregistry.meta.context import Context
from kregistry.meta.errors import NotFound
from kregistry.meta.object import Object, ObjectList
from kregistry.meta.objectmeta import ListMeta
from kregistry.meta.options import DeleteOptions, ListOptions
from kregistry.registry.translate import translate
from kregistry.registry.validation.options import require_valid, validate_delete_options
from kregistry.storage.errors import RequestTimeout

if TYPE_CHECKING:
    from kregistry.registry.store import Store, ValidateObject

T = TypeVar("T", bound=Object)

#: Objects that are listed at a time when the caller sets no limit.
#: Source: ``deleteCollectionPageSize``.
PAGE_SIZE = 10_000


class CollectionDeletion(Generic[T]):
    """One request to delete what a list shows. Used once, by one thread.

    Args:
        store: Where the objects are.
        ctx: The request.
        options: How each object is deleted; None as for a single delete.
        list_options: Which objects; with a limit only the one page that it gives.
        validate: Last check of each object, on its newest state.
    """

    def __init__(
        self,
        store: Store[T],
        ctx: Context,
        options: DeleteOptions | None,
        list_options: ListOptions,
        validate: ValidateObject[T],
    ) -> None:
        self._store = store
        self._ctx = ctx
        self._options = options
        self._list_options = list_options
        self._validate = validate
        self._workers = max(1, store.delete_collection_workers)
        self._lock = threading.Lock()
        self._failure: BaseException | None = None

    def run(self) -> ObjectList[T]:
        """Do it.

        Returns:
            The objects as they were listed, before anything happened to them.
        """
        asked = self._options if self._options is not None else DeleteOptions()
        require_valid("DeleteOptions", validate_delete_options(asked))
        found: ObjectList[T] | None = None
        items: list[T] = []
        for page in self._pages():
            found = page if found is None else found
            items.extend(page.items)
            self._delete_all(page.items)
        if found is None:
            raise self._cancelled()
        if not self._list_options.limit:
            # Nothing is left to be continued, whatever the first page said.
            meta = ListMeta(resource_version=found.metadata.resource_version)
            return ObjectList(
                api_version=found.api_version, kind=found.kind, metadata=meta, items=items
            )
        return found

    def _pages(self) -> Iterator[ObjectList[T]]:
        """What is to go; all pages show the same snapshot."""
        wanted = self._list_options
        wanted = attrs.evolve(wanted, limit=wanted.limit or PAGE_SIZE)
        while True:
            if self._ctx.cancelled:
                raise self._cancelled()
            page = self._store.list(self._ctx, wanted)
            yield page
            token = page.metadata.continue_
            if self._list_options.limit or not token:
                return
            wanted = attrs.evolve(
                wanted, continue_=token, resource_version="", resource_version_match=""
            )

    def _delete_all(self, items: Sequence[T]) -> None:
        """Delete every one, in order; the first failure ends it and is raised.

        With one worker, that is the caller's own thread.
        """
        queue = iter(items)
        workers = min(self._workers, len(items))
        if workers > 1:
            with ThreadPoolExecutor(workers, "delete-collection") as pool:
                for _ in range(workers):
                    pool.submit(self._work, queue)
        else:
            self._work(queue)
        if self._failure is not None:
            raise self._failure

    def _work(self, queue: Iterator[T]) -> None:
        """Delete until nothing is left or somebody failed; several threads share *queue*."""
        while True:
            with self._lock:
                item = None if self._failure is not None else next(queue, None)
            if item is None:
                return
            try:
                self._delete(item)
            except BaseException as error:
                with self._lock:
                    self._failure = self._failure or error
                return

    def _delete(self, item: T) -> None:
        if self._ctx.cancelled:
            raise self._cancelled()
        name = item.metadata.name
        with suppress(NotFound):  # somebody else was faster, which is what the caller wanted
            self._store.delete(self._ctx, name, validate=self._validate, options=self._options)

    def _cancelled(self) -> Exception:
        resource = self._store.resource.group_resource
        prefix = self._store.keys.prefix
        return translate(RequestTimeout(prefix, 0, "the request was cancelled"), "list", resource)
