"""Secrets: confidential bytes by key, of types that demand certain keys.

Source: ``k8s.io/kubernetes/pkg/registry/core/secret``, ValidateSecret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import attrs
from typing_extensions import Unpack

from kregistry.core.builtin import BuiltinStore, BuiltinStrategy, StoreOptions, selectable
from kregistry.core.configmap import MAX_SIZE, check_frozen, check_key
from kregistry.core.v1 import Secret
from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList, Path
from kregistry.registry.names import NameGenerator
from kregistry.registry.tables import AGE, NAME, Column, Columns
from kregistry.runtime.resource import Resource
from kregistry.storage.interface import Interface

#: Where Secrets live.
SECRETS: Final = Resource(Secret, "secrets")

_DATA: Final = Path("data")
_REDACTED: Final = "<secret contents redacted>"
_ACCOUNT: Final = "kubernetes.io/service-account.name"

#: Keys that a Secret of a type must have, even if with nothing in them.
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}

COLUMNS: Final[tuple[Column[Secret], ...]] = (
    NAME,
    Column("Type", lambda obj, now: obj.type, description="What the keys are for."),
    Column("Data", lambda obj, now: len(obj.data), description="How many keys there are."),
    AGE,
)


def set_secret_defaults(secret: Secret) -> None:
    """Merge ``string_data`` into ``data``, where it wins, and name the type.

    Source: ``SetDefaults_Secret``, ``Convert_v1_Secret_To_core_Secret``.
    """
    merge_string_data(secret)
    secret.type = secret.type or "Opaque"


def merge_string_data(secret: Secret) -> None:
    """Turn the text that people write into the bytes that are stored."""
    for key, text in secret.string_data.items():
        secret.data[key] = text.encode("utf-8", "surrogatepass")
    secret.string_data = {}


class SecretStrategy(BuiltinStrategy[Secret]):
    """The rules of Secrets."""

    def __init__(self, *, names: NameGenerator | None = None) -> None:
        super().__init__(SECRETS, names=names)

    def selectable_fields(self, obj: Secret) -> Mapping[str, str]:
        return selectable(obj, {"type": obj.type}, namespaced=True)

    def prepare_for_create(self, ctx: Context, obj: Secret) -> None:
        """Text that came past the defaults must not be stored as such."""
        super().prepare_for_create(ctx, obj)
        merge_string_data(obj)

    def check(self, errs: ErrorList, obj: Secret) -> None:
        size = 0
        for key, data in sorted(obj.data.items()):
            check_key(errs, _DATA, key)
            size += len(data)
        if size > MAX_SIZE:
            errs.too_long(_DATA, "", MAX_SIZE)
        _check_type(errs, obj)

    def prepare_for_update(self, ctx: Context, obj: Secret, old: Secret) -> None:
        super().prepare_for_update(ctx, obj, old)
        merge_string_data(obj)
        obj.type = obj.type or old.type

    def check_change(self, errs: ErrorList, obj: Secret, old: Secret) -> None:
        errs.immutable(Path("type"), obj.type, old.type)
        if old.immutable:
            check_frozen(errs, obj, old, ("data",))


def _check_type(errs: ErrorList, secret: Secret) -> None:
    for key in _KEYS.get(secret.type, ()):
        if key not in secret.data:
            errs.required(_DATA.key(key))
        elif key.startswith(".docker") and not _is_json_object(secret.data[key]):
            errs.invalid(_DATA.key(key), _REDACTED, "must be a JSON object")
    match secret.type:
        case "kubernetes.io/service-account-token":
            if not secret.metadata.annotations.get(_ACCOUNT):
                errs.required(Path("metadata", "annotations").key(_ACCOUNT))
        case "kubernetes.io/basic-auth":
            if "username" not in secret.data and "password" not in secret.data:
                errs.required(_DATA.key("username"))
                errs.required(_DATA.key("password"))
        case "kubernetes.io/ssh-auth":
            if not secret.data.get("ssh-privatekey"):
                errs.required(_DATA.key("ssh-privatekey"))


def _is_json_object(data: bytes) -> bool:
    """Go takes null for an object with nothing in it."""
    try:
        return isinstance(json.loads(data), dict | None)
    except (ValueError, RecursionError):
        return False


class SecretStore(BuiltinStore[Secret]):
    """Secrets in *storage*."""

    def __init__(self, storage: Interface[Any], **options: Unpack[StoreOptions]) -> None:
        tables = Columns(SECRETS.group_resource, COLUMNS)
        super().__init__(SECRETS, storage, SecretStrategy(), tables=tables, **options)

    def type_errors(self, obj: Secret) -> ErrorList:
        """No value is told, as it may be one that was meant to be secret."""
        errs = super().type_errors(obj)
        return ErrorList(attrs.evolve(error, value=_REDACTED) for error in errs)
