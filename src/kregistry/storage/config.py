"""Config: which store to open, and how.

Source: ``k8s.io/apiserver/pkg/storage/storagebackend/config.go``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from kregistry.meta.clock import Clock, SystemClock
from kregistry.meta.failpoints import Failpoints
from kregistry.runtime.codec import Codec
from kregistry.storage.backend import Backend
from kregistry.storage.transformer import Transformer

_SYNCHRONOUS = ("full", "normal")


def _text(config: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, str):
        raise _wrong(attribute.name, "text", value)


def _flag(config: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, bool):
        raise _wrong(attribute.name, "true or false", value)


def _seconds(config: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise _wrong(attribute.name, "a number of seconds", value)


def _whole(config: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < 2**63:
        raise _wrong(attribute.name, "a positive whole number", value)


def _count(config: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if value != 0 or isinstance(value, bool) or not isinstance(value, int):
        _whole(config, attribute, value)


def _level(config: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if value not in _SYNCHRONOUS:
        raise _wrong(attribute.name, " or ".join(map(repr, _SYNCHRONOUS)), value)


def _urls(config: Any, attribute: attrs.Attribute[Any], value: Sequence[object]) -> None:
    for url in value:
        _text(config, attribute, url)


def _endpoints(value: Any) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise _wrong("endpoints", "a list of URLs", value)
    return tuple(value)


def _path(value: Any) -> Any:
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _one_of(kind: type) -> Any:
    def check(config: Any, attribute: attrs.Attribute[Any], value: object) -> None:
        if not isinstance(value, kind) and (value is not None or attribute.default is not None):
            raise _wrong(attribute.name, f"a {kind.__name__}", value)

    return check


def _wrong(name: str, wanted: str, value: object) -> ValueError:
    return ValueError(f"config: {name} must be {wanted}, not {value!r}")


@attrs.frozen(kw_only=True)
class Config:
    """Which store to open, and how.

    Attributes:
        type: "memory" (or ""), "sqlite", "etcd3", or what an installed package offers.
        prefix: Where all keys begin.
        path: File of a sqlite store.
        synchronous: sqlite: "full" survives a power failure, "normal" only a crash of the
            program.
        endpoints: etcd3: URLs of the members, ``http://`` or ``https://``; any of them will do.
        trusted_ca_file: etcd3: certificates that the members' are checked against, as PEM;
            "" for those that the system trusts.
        cert_file: etcd3: this client's certificate, where the members ask for one.
        key_file: etcd3: the key of it.
        username: etcd3: who to log in as; "" for nobody.
        password: etcd3: of that user.
        request_timeout: etcd3: seconds until a request has failed, all members tried.
        codec: Objects to bytes; None for one without a scheme.
        transformer: Bytes to stored bytes, for encryption; None to store them as they are.
        compaction_interval: Seconds between compactions; history is kept for one to two of
            these. 0 keeps it for ever.
        busy_timeout: sqlite: seconds to wait for another process that writes.
        start_revision: memory: revision of the empty store. With one that grows from run to
            run, versions of an earlier run are answered with "too old".
        max_object_bytes: Largest object, as stored.
        unsafe_network_fs: sqlite: allow a file on a network file system, and lose data.
        remembered_objects: So many decoded objects are kept of each resource for those who ask
            for shared ones, and of so many objects what they were selected by. Best as many as
            the longest list has; a decoded Pod takes 8 to 16 kB. 0 keeps none.
        allow_unsafe_deletion: Allow deleting objects that cannot be read.
        clock: Measures times to live.
        failpoints: Named places where a test makes something happen.
        backend: A backend of one's own; *type* and what belongs to types is then ignored.
    """

    type: str = attrs.field(default="", validator=_text)
    prefix: str = attrs.field(default="/registry", validator=_text)
    path: str = attrs.field(default="", converter=_path, validator=_text)
    synchronous: str = attrs.field(default="full", validator=_level)
    endpoints: tuple[str, ...] = attrs.field(default=(), converter=_endpoints, validator=_urls)
    trusted_ca_file: str = attrs.field(default="", converter=_path, validator=_text)
    cert_file: str = attrs.field(default="", converter=_path, validator=_text)
    key_file: str = attrs.field(default="", converter=_path, validator=_text)
    username: str = attrs.field(default="", validator=_text)
    password: str = attrs.field(default="", repr=False, validator=_text)
    request_timeout: float = attrs.field(default=5.0, validator=_seconds)
    codec: Codec | None = attrs.field(default=None, repr=False, validator=_one_of(Codec))
    transformer: Transformer | None = attrs.field(
        default=None, repr=False, validator=_one_of(Transformer)
    )
    compaction_interval: float = attrs.field(default=300.0, validator=_seconds)
    busy_timeout: float = attrs.field(default=5.0, validator=_seconds)
    start_revision: int = attrs.field(default=1, validator=_whole)
    max_object_bytes: int = attrs.field(default=1_572_864, validator=_whole)
    remembered_objects: int = attrs.field(default=20_000, validator=_count)
    unsafe_network_fs: bool = attrs.field(default=False, validator=_flag)
    allow_unsafe_deletion: bool = attrs.field(default=False, validator=_flag)
    clock: Clock = attrs.field(factory=SystemClock, repr=False, validator=_one_of(Clock))
    failpoints: Failpoints | None = attrs.field(
        default=None, repr=False, validator=_one_of(Failpoints)
    )
    backend: Backend | None = attrs.field(default=None, repr=False, validator=_one_of(Backend))

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Config:
        """A config from the names above, as a configuration file has them.

        Raises:
            ValueError: A name is unknown, or a value is not what it must be.
        """
        if not isinstance(settings, Mapping):
            raise ValueError(f"config: must be a mapping, not {type(settings).__name__}")
        known = attrs.fields_dict(cls)
        unknown = sorted(str(name) for name in settings if name not in known)
        if unknown:
            raise ValueError(f"config: unknown settings: {', '.join(unknown)}")
        return cls(**settings)
