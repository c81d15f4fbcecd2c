"""KubeOptions: how a server for a test is to be."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from kregistry.server import AdmissionPlugin

_STORAGES: Final = ("memory", "sqlite")
_COLLECT: Final = ("manual", "auto")


def _one_of(*values: str) -> Any:
    def check(options: Any, attribute: attrs.Attribute[Any], value: object) -> None:
        if value not in values:
            known = " or ".join(map(repr, values))
            raise ValueError(f"kube: {attribute.name} must be {known}, not {value!r}")

    return check


def _moment(value: datetime | str | None) -> datetime:
    """A moment with a time zone; the present second for None."""
    if value is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if moment.tzinfo is None:
            raise ValueError("there is no time zone")
    except (ValueError, AttributeError) as error:
        raise ValueError(
            f"kube: start must be a time such as 2026-01-31T12:00:00Z, not {value!r}: {error}"
        ) from None
    return moment


def _plugins(plugins: Iterable[AdmissionPlugin]) -> tuple[AdmissionPlugin, ...]:
    return tuple(plugins)


@attrs.frozen(kw_only=True)
class KubeOptions:
    """How a server for a test is to be.

    Attributes:
        storage: ``memory``, or ``sqlite`` for a file in a temporary directory.
        collect: ``manual`` leaves garbage and dying namespaces until
            :meth:`~kregistry.kube.kube.Kube.collect` is called; ``auto`` calls it after every
            request that deletes something, before the client gets its answer.
        start: Where the clock stands at first; the present second when not given.
        admission: Plug-ins with a say in writes.
    """

    storage: str = attrs.field(default="memory", validator=_one_of(*_STORAGES))
    collect: str = attrs.field(default="manual", validator=_one_of(*_COLLECT))
    start: datetime = attrs.field(default=None, converter=_moment)
    admission: tuple[AdmissionPlugin, ...] = attrs.field(default=(), converter=_plugins)

    @classmethod
    def of(cls, **given: Any) -> KubeOptions:
        """The options of a marker or of a call.

        Raises:
            ValueError: There is no such option, or it cannot have that value.
        """
        known = attrs.fields_dict(cls)
        for name in given:
            if name not in known:
                raise ValueError(f"kube: there is no option {name!r}; there are {', '.join(known)}")
        return cls(**given)
