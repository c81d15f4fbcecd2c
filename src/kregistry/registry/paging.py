"""Pager: a long list, a page at a time.

Source: ``k8s.io/client-go/tools/pager``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import attrs

from kregistry.meta.errors import Expired
from kregistry.meta.object import Object, ObjectList
from kregistry.meta.options import ListOptions

T = TypeVar("T", bound=Object)

DEFAULT_PAGE_SIZE = 500


@attrs.frozen
class Pager(Generic[T]):
    """Lists everything in pages, one at a time in memory.

    ::

        for widget in Pager(partial(widgets.list, ctx)):
            ...

    All pages show one snapshot. If that is compacted while somebody dawdles between two
    pages, the rest comes from a newer snapshot, each object at most once, and
    *on_new_snapshot* is told; an object that changed meanwhile may then be seen in its new
    state, and one that was created behind the reader's back is missed.

    Attributes:
        list_page: Lists with the given options, as ``Store.list`` does with a context bound.
        page_size: Objects per page.
        on_new_snapshot: Called when the snapshot had to be given up.
    """

    list_page: Callable[[ListOptions], ObjectList[T]]
    page_size: int = attrs.field(
        default=DEFAULT_PAGE_SIZE, kw_only=True, validator=attrs.validators.ge(1)
    )
    on_new_snapshot: Callable[[], None] | None = attrs.field(default=None, kw_only=True)

    def pages(self, options: ListOptions | None = None) -> Iterator[ObjectList[T]]:
        """The pages, as they are read.

        Raises:
            Expired: The snapshot is gone, and storage knows no way to go on.
        """
        wanted = options if options is not None else ListOptions()
        wanted = attrs.evolve(wanted, limit=wanted.limit or self.page_size)
        while True:
            page = self._page(wanted)
            yield page
            if not page.metadata.continue_:
                return
            wanted = attrs.evolve(
                wanted,
                continue_=page.metadata.continue_,
                resource_version="",
                resource_version_match="",
            )

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items

    def _page(self, options: ListOptions) -> ObjectList[T]:
        try:
            return self.list_page(options)
        except Expired as expired:
            if not options.continue_ or not expired.continue_token:
                raise
            token = expired.continue_token
        if self.on_new_snapshot is not None:
            self.on_new_snapshot()
        return self.list_page(attrs.evolve(options, continue_=token))
