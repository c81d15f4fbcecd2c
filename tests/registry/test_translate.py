"""Errors of storage become what a client understands, in one place."""

from __future__ import annotations

import inspect

import pytest
from widgetshop import WIDGETS, Widget, widget

from kregistry.meta import errors as api
from kregistry.meta.clock import SystemClock
from kregistry.meta.context import Context
from kregistry.meta.gvk import GroupResource
from kregistry.meta.object import Object
from kregistry.registry import Store, error_to_status, translate
from kregistry.runtime.errors import DecodeError, EncodeError
from kregistry.storage import Config, Interface, factory
from kregistry.storage import errors as storage
from kregistry.storage.memory import MemoryBackend

PODS = GroupResource("", "pods")
VERBS = ("get", "list", "create", "update", "delete", "watch")
WRITES = ("update", "delete")


@pytest.mark.parametrize(
    ("error", "verbs", "kind", "code", "message"),
    [
        (storage.KeyNotFound("/k"), ("get", "update", "delete"), api.NotFound, 404, None),
        (storage.KeyExists("/k"), ("create",), api.AlreadyExists, 409, None),
        (storage.KeyExists("/k"), WRITES, api.Conflict, 409, None),
        (storage.VersionConflict("/k"), WRITES, api.Conflict, 409, None),
        (
            storage.InvalidObject("/k", 0, "why"),
            WRITES,
            api.Conflict,
            409,
            'Operation cannot be fulfilled on pods "web": StorageError: invalid object, Code: 4, '
            "Key: /k, ResourceVersion: 0, AdditionalErrorMsg: why",
        ),
        (storage.Unreachable("/k"), VERBS, api.ServerTimeout, 500, None),
        (storage.RequestTimeout("/k"), ("list",), api.ServerTimeout, 500, None),
        (storage.BackendUnavailable("locked"), VERBS, api.ServerTimeout, 500, None),
        (storage.StorageFull("no room"), VERBS, api.InsufficientStorage, 507, "no room"),
        (storage.StorageFenced("reopen"), VERBS, api.ServiceUnavailable, 503, "reopen"),
        (storage.BackendClosed("closed"), VERBS, api.ServiceUnavailable, 503, "closed"),
        (
            storage.StorageNotReady(),
            VERBS,
            api.ServiceUnavailable,
            503,
            "storage not ready",
        ),
        (storage.ForkedStore("forked"), VERBS, api.InternalError, 500, None),
        (storage.CorruptObject("/k"), VERBS, api.InternalError, 500, None),
        (
            storage.InternalStorageError("bang"),
            VERBS,
            api.InternalError,
            500,
            "Internal error occurred: bang",
        ),
        (
            storage.ResourceVersionSetOnCreate(),
            ("create",),
            api.StatusError,
            500,
            "resourceVersion should not be set on objects to be created",
        ),
        (EncodeError("odd"), VERBS, api.BadRequest, 400, "odd"),
        (DecodeError("garbled"), VERBS, api.StatusError, 500, "garbled"),
        (storage.KeyNotFound("/k"), ("create", "watch"), api.StatusError, 500, None),
    ],
)
def test_each_storage_error_has_its_api_error(
    error: Exception,
    verbs: tuple[str, ...],
    kind: type[api.StatusError],
    code: int,
    message: str | None,
) -> None:
    for verb in verbs:
        told = translate(error, verb, PODS, "web")
        assert type(told) is kind
        assert isinstance(told, api.StatusError)
        assert told.status.code == code
        assert message is None or str(told) == message


def test_a_list_that_is_not_found_has_no_name() -> None:
    assert str(translate(storage.KeyNotFound("/k"), "list", PODS)) == 'pods "" not found'


def test_what_may_be_tried_again_says_when() -> None:
    told = translate(storage.BackendUnavailable("locked"), "get", PODS, "web")
    assert isinstance(told, api.ServerTimeout)
    assert told.retry_after == 2


def test_every_error_of_storage_is_translated() -> None:
    kinds = [
        kind
        for _, kind in inspect.getmembers(storage, inspect.isclass)
        if issubclass(kind, Exception) and kind.__module__ == storage.__name__
    ]
    assert len(kinds) > 15
    for kind in kinds:
        error = kind.__new__(kind)
        for name in ("key", "detail", "resource_version", "revision", "compacted", "current"):
            setattr(error, name, 0)
        for verb in VERBS:
            assert isinstance(translate(error, verb, PODS), api.StatusError), (kind, verb)


def test_other_errors_pass_untouched() -> None:
    error = KeyError("mine")
    assert translate(error, "get", PODS) is error


def test_any_exception_has_an_answer_without_a_traceback() -> None:
    assert error_to_status(api.NotFound(PODS, "web")).code == 404
    plain = error_to_status(ValueError("bang"))
    assert (plain.code, plain.reason, plain.message) == (500, "", "bang")
    assert plain.status == "Failure"
    assert error_to_status(storage.VersionConflict("/k")).code == 409


def test_a_status_without_a_code_gets_one() -> None:
    failure = api.StatusError(api.Status(status="Failure"))
    success = api.StatusError(api.Status(status="Success"))
    assert error_to_status(failure).code == 500
    assert error_to_status(success).code == 200


class Failing(MemoryBackend):
    """Every write finds the disk full."""

    def put(self, *args: object, **options: object) -> int:  # type: ignore[override]
        raise storage.StorageFull("no space left for writes")


def test_a_full_disk_is_told_through_the_store(ctx: Context) -> None:
    with factory.create(Config(backend=Failing(clock=SystemClock()))) as full:
        widgets = Store(WIDGETS, full)
        with pytest.raises(api.InsufficientStorage) as caught:
            widgets.create(ctx, widget())
        assert isinstance(caught.value.__cause__, storage.StorageFull)
        assert widgets.list(ctx).items == []


def test_a_closed_store_is_unavailable(memory: Interface[Object], ctx: Context) -> None:
    widgets: Store[Widget] = Store(WIDGETS, memory)
    memory.close()
    for call in (
        lambda: widgets.get(ctx, "a"),
        lambda: widgets.list(ctx),
        lambda: widgets.create(ctx, widget()),
        lambda: widgets.delete(ctx, "a"),
        lambda: widgets.modify(ctx, "a", lambda obj: obj),
    ):
        with pytest.raises(api.ServiceUnavailable):
            call()
