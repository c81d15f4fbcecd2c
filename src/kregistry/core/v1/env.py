"""Environment variables of a container and where their values come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kregistry.meta.model import Model, field, model

if TYPE_CHECKING:
    from kregistry.core.v1.references import (
        ConfigMapKeySelector,
        FileKeySelector,
        ObjectFieldSelector,
        ResourceFieldSelector,
        SecretKeySelector,
    )


@model
class EnvVarSource(Model):
    """Where the value of a variable comes from; exactly one field is set."""

    field_ref: ObjectFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    config_map_key_ref: ConfigMapKeySelector | None = None
    secret_key_ref: SecretKeySelector | None = None
    file_key_ref: FileKeySelector | None = None


@model
class EnvVar(Model):
    """One variable; ``$(NAME)`` in its value stands for a variable defined before."""

    name: str = field(default="", always=True)
    value: str = ""
    value_from: EnvVarSource | None = None


@model
class ConfigMapEnvSource(Model):
    """Takes every key of a ConfigMap as a variable."""

    name: str = ""
    optional: bool | None = None


@model
class SecretEnvSource(Model):
    """Takes every key of a Secret as a variable."""

    name: str = ""
    optional: bool | None = None


@model
class EnvFromSource(Model):
    """Takes all variables of one source, with a prefix put before each name."""

    prefix: str = ""
    config_map_ref: ConfigMapEnvSource | None = None
    secret_ref: SecretEnvSource | None = None
