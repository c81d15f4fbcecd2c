"""GET of the changes of a collection, or of one object in the old way.

Source: ``handlers.ListResource`` with a watch, ``handlers.serveWatchHandler``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs

from kregistry.meta.errors import BadRequest
from kregistry.meta.options import ListOptions
from kregistry.meta.table import TableOptions
from kregistry.runtime import fields
from kregistry.server.frames import WatchFrames
from kregistry.server.handlers.selecting import selected
from kregistry.server.negotiation import PARTIAL, TABLE, Negotiated, negotiate
from kregistry.server.response import Answer, EventStream
from kregistry.server.scope import RequestScope
from kregistry.server.splicing import event_line
from kregistry.server.transforms import Shower, table_options
from kregistry.storage.watch import Event, EventType

_NAME: Final = "metadata.name"
_MISMATCH: Final = "fieldSelector metadata.name doesn't match requested name"


def watch(scope: RequestScope) -> Answer:
    """What happens to the objects that a list would show, as it happens."""
    kinds = {PARTIAL, TABLE} if scope.route.table_maker is not None else {PARTIAL}
    form = negotiate(scope.call.request, transforms=kinds, stream=True)
    options = with_initial_events(_of_one(scope, selected(scope)))
    shown = TableOptions()
    if form.target is not None and form.target.kind == TABLE:
        shown = table_options(scope.call.query)
    opened = scope.door.watch(scope.ctx, options)
    frames = WatchFrames(
        opened,
        _encoder(scope, form, shown),
        seconds=_seconds(scope, options),
        bookmark_seconds=(scope.tools.bookmark_seconds if options.allow_watch_bookmarks else None),
    )
    return EventStream(headers={"content-type": form.media_type.name}, frames=frames)


def _of_one(scope: RequestScope, options: ListOptions) -> ListOptions:
    """The options narrowed to the object that the path names, if it names one.

    Raises:
        BadRequest: The field selector names another (400).
    """
    parts = scope.call.info.parts
    name = parts[1] if len(parts) > 1 else ""
    if not name:
        return options
    if options.field_selector:
        try:
            selected = fields.parse(options.field_selector).requires_exact_match(_NAME)
        except ValueError as error:
            raise BadRequest(str(error)) from error
        if selected != name:
            raise BadRequest(_MISMATCH)
        return options
    return attrs.evolve(options, field_selector=str(fields.equals(_NAME, name)))


def with_initial_events(options: ListOptions) -> ListOptions:
    """A watch that says neither from where nor how begins with what exists.

    Source: ``SetListOptionsDefaults`` of ``pkg/apis/meta/internalversion``.
    """
    said = options.send_initial_events is not None or options.resource_version_match
    if said or options.resource_version not in ("", "0"):
        return options
    return attrs.evolve(options, send_initial_events=True, resource_version_match="NotOlderThan")


def _seconds(scope: RequestScope, options: ListOptions) -> float:
    """How long the watch lasts."""
    if options.timeout_seconds:
        return float(options.timeout_seconds)
    return scope.tools.min_watch_seconds * (1.0 + scope.tools.chance())


def _encoder(
    scope: RequestScope, form: Negotiated, options: TableOptions
) -> Callable[[Event[Any]], bytes]:
    """Makes a line of each event: one for all watchers who want it in the same form."""
    shower = Shower(scope, form.target, options)
    engine, conversion = scope.tools.engine, scope.route.endpoint.conversion

    def show(event: Event[Any]) -> bytes:
        bookmark = event.type is EventType.BOOKMARK
        shown = shower.show_event(event.object, bookmark=bookmark)
        return engine.dumps({"type": event.type.value, "object": shown}) + b"\n"

    def splice(event: Event[Any]) -> bytes:
        stored = event.encoded
        return show(event) if stored is None else event_line(event.type, stored)

    if form.target is not None and form.target.kind == TABLE:
        return show  # the first of a watch says what its columns are, the others do not
    make = splice if form.target is None and conversion is None else show
    name = (form.target, conversion)
    return lambda event: event.frame(name, make)
