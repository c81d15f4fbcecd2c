"""ConfigMaps: settings by key, which may be frozen.

Source: ``k8s.io/kubernetes/pkg/registry/core/configmap``, ValidateConfigMap.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from typing_extensions import Unpack

from kregistry.core.builtin import BuiltinStore, BuiltinStrategy, StoreOptions
from kregistry.core.pod.validation.checks import config_key
from kregistry.core.v1 import ConfigMap
from kregistry.meta.field import ErrorList, Path
from kregistry.registry.names import NameGenerator
from kregistry.registry.tables import AGE, NAME, Column, Columns
from kregistry.runtime.resource import Resource
from kregistry.storage.interface import Interface

#: Where ConfigMaps live.
CONFIG_MAPS: Final = Resource(ConfigMap, "configmaps", short_names=("cm",))

#: All values of one object together, in bytes; the same for Secrets.
#: Source: ``core.MaxSecretSize``.
MAX_SIZE: Final = 1024 * 1024

FROZEN: Final = "field is immutable when `immutable` is set"

COLUMNS: Final[tuple[Column[ConfigMap], ...]] = (
    NAME,
    Column(
        "Data",
        lambda obj, now: len(obj.data) + len(obj.binary_data),
        description="How many keys there are.",
    ),
    AGE,
)


class ConfigMapStrategy(BuiltinStrategy[ConfigMap]):
    """The rules of ConfigMaps."""

    def __init__(self, *, names: NameGenerator | None = None) -> None:
        super().__init__(CONFIG_MAPS, names=names)

    def check(self, errs: ErrorList, obj: ConfigMap) -> None:
        size = 0
        for key, text in sorted(obj.data.items()):
            check_key(errs, Path("data"), key)
            if key in obj.binary_data:
                errs.invalid(Path("data").key(key), key, "duplicate of key present in binaryData")
            size += len(text.encode("utf-8", "surrogatepass"))
        for key, data in sorted(obj.binary_data.items()):
            check_key(errs, Path("binaryData"), key)
            size += len(data)
        if size > MAX_SIZE:
            errs.too_long(Path(""), "", MAX_SIZE)

    def check_change(self, errs: ErrorList, obj: ConfigMap, old: ConfigMap) -> None:
        if old.immutable:
            check_frozen(errs, obj, old, ("data", "binary_data"))


def check_key(errs: ErrorList, path: Path, key: str) -> None:
    """A key must be able to name a file."""
    for message in config_key(key):
        errs.invalid(path.key(key), key, message)


def check_frozen(errs: ErrorList, obj: Any, old: Any, fields: Iterable[str]) -> None:
    """What says that it is immutable stays so, and its *fields* stay what they are."""
    if not obj.immutable:
        errs.forbidden(Path("immutable"), FROZEN)
    for name in fields:
        if getattr(obj, name) != getattr(old, name):
            errs.forbidden(Path("binaryData" if name == "binary_data" else name), FROZEN)


class ConfigMapStore(BuiltinStore[ConfigMap]):
    """ConfigMaps in *storage*."""

    def __init__(self, storage: Interface[Any], **options: Unpack[StoreOptions]) -> None:
        tables = Columns(CONFIG_MAPS.group_resource, COLUMNS)
        super().__init__(CONFIG_MAPS, storage, ConfigMapStrategy(), tables=tables, **options)
