"""Deleting what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from widgetshop import WIDGETS, Widget, WidgetStrategy, widget

from kregistry.meta.context import Context
from kregistry.meta.errors import InternalError, Invalid, NotFound
from kregistry.meta.object import Object
from kregistry.meta.options import DeleteOptions
from kregistry.meta.status import Status
from kregistry.registry import CorruptObjectDeleter, Store
from kregistry.storage import Interface
from kregistry.storage.transformer import Transformer
from storages import KINDS, opened

ASKED = DeleteOptions(ignore_store_read_error_with_cluster_breaking_potential=True)
EXCLUSIVE = "is exclusively used to delete corrupt object"


class Lockable(Transformer):
    """Stores as it is; whatever carries the mark cannot be read while locked."""

    def __init__(self) -> None:
        self.locked = False
        self.unexpected: Exception | None = None

    def from_storage(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        if self.unexpected is not None:
            raise self.unexpected
        return (b"\x00garbage" if self.locked and b"broken" in data else data), False

    def to_storage(self, data: bytes, context: bytes) -> bytes:
        return data


@pytest.fixture
def transformer() -> Lockable:
    return Lockable()


@pytest.fixture(params=KINDS)
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, transformer: Lockable
) -> Iterator[Interface[Object]]:
    settings = {"transformer": transformer, "allow_unsafe_deletion": True}
    with opened(request, tmp_path, **settings) as storage:
        yield storage


@pytest.fixture
def widgets(storage: Interface[Object], ctx: Context, transformer: Lockable) -> Store[Widget]:
    store = Store(WIDGETS, storage, WidgetStrategy(WIDGETS))
    store.create(ctx, widget("broken", finalizers=["shop.example/hold"]))
    store.create(ctx, widget("whole"))
    transformer.locked = True
    return store


@pytest.mark.case("RD13", "RD14", "RD16")
def test_a_broken_object_goes_past_finalizers_and_checks(
    widgets: Store[Widget], ctx: Context, transformer: Lockable
) -> None:
    def veto(ctx: Context, obj: Widget) -> None:
        pytest.fail("there is no object to check")

    with pytest.raises(InternalError, match="corrupt object"):
        widgets.delete(ctx, "broken")
    gone = CorruptObjectDeleter(widgets).delete(ctx, "broken", validate=veto, options=ASKED)
    assert gone.immediate
    assert isinstance(gone.result, Status)
    assert gone.result.details is not None
    assert (gone.result.status, gone.result.details.name) == ("Success", "broken")
    assert [item.metadata.name for item in widgets.list(ctx)] == ["whole"]


@pytest.mark.case("RD13", "RD14")
@pytest.mark.parametrize(
    "options",
    [
        None,
        DeleteOptions(),
        DeleteOptions(ignore_store_read_error_with_cluster_breaking_potential=False),
    ],
)
def test_it_must_be_asked_for(
    widgets: Store[Widget], ctx: Context, options: DeleteOptions | None
) -> None:
    with pytest.raises(InternalError) as caught:
        CorruptObjectDeleter(widgets).delete(ctx, "broken", options=options)
    assert caught.value.status.message == (
        "Internal error occurred: initialization error, expected normal deletion flow to be used"
    )


@pytest.mark.case("RD13")
@pytest.mark.parametrize("name", ["whole", "absent"])
def test_what_can_be_read_or_is_not_there_is_refused(
    widgets: Store[Widget], ctx: Context, name: str
) -> None:
    with pytest.raises(Invalid, match=EXCLUSIVE):
        CorruptObjectDeleter(widgets).delete(ctx, name, options=ASKED)
    assert widgets.get(ctx, "whole")


@pytest.mark.case("RD13", "RD15")
def test_any_other_failure_to_read_is_no_licence(
    widgets: Store[Widget], ctx: Context, transformer: Lockable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kregistry.storage.errors import InternalStorageError

    def fail(*args: object, **kwargs: object) -> object:
        raise InternalStorageError("the key service is away")

    monkeypatch.setattr(widgets.storage, "get", fail)
    with pytest.raises(InternalError):
        widgets.delete(ctx, "broken")
    with pytest.raises(Invalid, match=EXCLUSIVE):
        CorruptObjectDeleter(widgets).delete(ctx, "broken", options=ASKED)


def test_who_comes_second_finds_nothing(
    widgets: Store[Widget], ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleter = CorruptObjectDeleter(widgets)
    ordinary = widgets.delete

    def meanwhile(*args: object, **kwargs: object) -> object:
        monkeypatch.setattr(widgets, "delete", ordinary)
        CorruptObjectDeleter(widgets).delete(ctx, "broken", options=ASKED)
        return ordinary(ctx, "broken", options=ASKED)

    monkeypatch.setattr(widgets, "delete", meanwhile)
    with pytest.raises(NotFound):
        deleter.delete(ctx, "broken", options=ASKED)
