"""The way of a create through a Store.

Source: ``genericregistry.Store.Create``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from kregistry.meta.context import Context
from kregistry.meta.errors import AlreadyExists, GenerateNameConflict, InternalError, StatusError
from kregistry.meta.object import Object
from kregistry.meta.options import CreateOptions
from kregistry.registry.before import before_create
from kregistry.registry.receiving import STUMBLES, require_context, require_writable
from kregistry.registry.systemfields import wipe
from kregistry.registry.translate import STORAGE_ERRORS, translate
from kregistry.registry.validation.options import require_valid, validate_create_options
from kregistry.storage.encoded import Encoded

if TYPE_CHECKING:
    from kregistry.registry.store import Store

T = TypeVar("T", bound=Object)

#: ``validate(ctx, obj)`` raises if *obj* must not be stored. Gets a copy.
#: Source: ``rest.ValidateObjectFunc``.
ValidateObject: TypeAlias = Callable[[Context, T], None]

#: What comes back of a create: the object, or its bytes.
R = TypeVar("R")

#: The create of a storage: context, key and object, ``ttl`` and ``dry_run``.
Write: TypeAlias = Callable[..., R]

#: Names that are generated before giving up. Source: ``maxNameGenerationCreateAttempts``.
MAX_NAME_ATTEMPTS: Final = 8

_NO_OPTIONS: Final = CreateOptions()


def create(
    store: Store[T],
    ctx: Context,
    obj: T,
    validate: ValidateObject[T] | None,
    options: CreateOptions | None,
) -> T:
    """Store a copy of *obj*; if its name is to be generated, try until one is free."""
    options = _valid(options)
    obj = store.received(obj)
    require_context(ctx)
    stored = _named(store, ctx, _own(store, obj), validate, options, store.storage.create)
    store.after_create(stored, options)
    store.decorate(stored)
    return stored


def create_encoded(
    store: Store[T],
    ctx: Context,
    obj: T,
    validate: ValidateObject[T] | None,
    options: CreateOptions | None,
) -> Encoded:
    """Store *obj* itself, which is changed on the way. No object is made of what is stored."""
    options = _valid(options)
    obj = store.received(obj)
    require_context(ctx)
    return _named(store, ctx, obj, validate, options, store.storage.create_encoded)


def _valid(options: CreateOptions | None) -> CreateOptions:
    if options is None or options == _NO_OPTIONS:
        return _NO_OPTIONS
    require_valid("CreateOptions", validate_create_options(options))
    return options


def _own(store: Store[T], obj: T) -> T:
    try:
        return store.codec.copy(obj)
    except STORAGE_ERRORS as error:
        raise translate(error, "create", store.resource.group_resource) from error


def _named(
    store: Store[T],
    ctx: Context,
    obj: T,
    validate: ValidateObject[T] | None,
    options: CreateOptions,
    write: Write[R],
) -> R:
    """Store *obj*, changing it, under its name or under generated ones until one is free."""
    meta = obj.metadata
    attempts = MAX_NAME_ATTEMPTS if meta.generate_name and not meta.name else 1
    for _ in range(attempts - 1):
        try:
            return _attempt(store, ctx, _own(store, obj), validate, options, write)
        except AlreadyExists:
            continue
    return _attempt(store, ctx, obj, validate, options, write)


def _attempt(
    store: Store[T],
    ctx: Context,
    obj: T,
    validate: ValidateObject[T] | None,
    options: CreateOptions,
    write: Write[R],
) -> R:
    stored: R | None = None
    meta = obj.metadata
    wipe(meta)  # upstream leaves this to the one who read the request
    store.system.fill(meta)
    if meta.generate_name and not meta.name:
        meta.name = store.create_strategy.generate_name(meta.generate_name)
    try:
        with store.begin_create(ctx, obj, options):
            before_create(store.create_strategy, ctx, obj)
            if validate is not None:
                validate(ctx, store.codec.copy(obj))
            stored = _written(store, ctx, obj, options, write)
    except STUMBLES:
        require_writable(store.codec, obj)
        raise
    if stored is None:
        raise InternalError("begin_create kept an error to itself")
    return stored


def _written(store: Store[T], ctx: Context, obj: T, options: CreateOptions, write: Write[R]) -> R:
    key = store.keys.key(ctx, obj.metadata.name)
    ttl = store.time_to_live(obj, 0, update=False)
    try:
        return write(ctx, key, obj, ttl=ttl, dry_run=bool(options.dry_run))
    except STORAGE_ERRORS as error:
        raise _explain(store, ctx, key, obj, error) from error


def _explain(store: Store[T], ctx: Context, key: str, obj: T, error: Exception) -> Exception:
    """What the caller is told; about a name that is taken a little more than that."""
    told = explain_create(store, obj, error)
    if isinstance(told, AlreadyExists) and _is_being_deleted(store, ctx, key):
        _prefix_message(told, "object is being deleted: ")
    return told


def explain_create(store: Store[T], obj: T, error: Exception) -> Exception:
    """The error of a create that storage refused.

    Source: ``storeerr.InterpretCreateError``, then ``rest.CheckGeneratedNameError``.
    """
    name = obj.metadata.name
    told = translate(error, "create", store.resource.group_resource, name)
    if isinstance(told, AlreadyExists) and obj.metadata.generate_name:
        return GenerateNameConflict(store.resource.group_resource, name)
    return told


def _is_being_deleted(store: Store[T], ctx: Context, key: str) -> bool:
    try:
        return store.storage.get(ctx, key).metadata.deletion_timestamp is not None
    except STORAGE_ERRORS:
        return False


def _prefix_message(error: StatusError, prefix: str) -> None:
    error.status.message = prefix + error.status.message
