"""Files that come out of objects: ConfigMaps, Secrets, tokens and fields of the Pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kregistry.meta.labelselector import LabelSelector
from kregistry.meta.model import Model, field, model

if TYPE_CHECKING:
    from kregistry.core.v1.references import ObjectFieldSelector, ResourceFieldSelector


@model
class KeyToPath(Model):
    """Puts one key into a file of one's own naming."""

    key: str = field(default="", always=True)
    path: str = field(default="", always=True)
    mode: int | None = None


@model
class ConfigMapVolumeSource(Model):
    """A volume with a file for each key of a ConfigMap."""

    name: str = ""
    items: list[KeyToPath] = field(factory=list, list_type="atomic")
    default_mode: int | None = None
    optional: bool | None = None


@model
class SecretVolumeSource(Model):
    """A volume with a file for each key of a Secret."""

    secret_name: str = ""
    items: list[KeyToPath] = field(factory=list, list_type="atomic")
    default_mode: int | None = None
    optional: bool | None = None


@model
class DownwardAPIVolumeFile(Model):
    """A file that shows one field of the Pod; exactly one reference is set."""

    path: str = field(default="", always=True)
    field_ref: ObjectFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    mode: int | None = None


@model
class DownwardAPIVolumeSource(Model):
    """A volume with files that show fields of the Pod."""

    items: list[DownwardAPIVolumeFile] = field(factory=list, list_type="atomic")
    default_mode: int | None = None


@model
class ConfigMapProjection(Model):
    """Keys of a ConfigMap as files of a projected volume."""

    name: str = ""
    items: list[KeyToPath] = field(factory=list, list_type="atomic")
    optional: bool | None = None


@model
class SecretProjection(Model):
    """Keys of a Secret as files of a projected volume."""

    name: str = ""
    items: list[KeyToPath] = field(factory=list, list_type="atomic")
    optional: bool | None = None


@model
class DownwardAPIProjection(Model):
    """Fields of the Pod as files of a projected volume."""

    items: list[DownwardAPIVolumeFile] = field(factory=list, list_type="atomic")


@model
class ServiceAccountTokenProjection(Model):
    """A token of the Pod's account for one audience, renewed before it expires."""

    audience: str = ""
    expiration_seconds: int | None = None
    path: str = field(default="", always=True)


@model
class ClusterTrustBundleProjection(Model):
    """Certificates to trust, from one bundle or all bundles of a signer."""

    name: str | None = None
    signer_name: str | None = None
    label_selector: LabelSelector | None = None
    optional: bool | None = None
    path: str = field(default="", always=True)


@model
class PodCertificateProjection(Model):
    """A key and a certificate chain for the Pod, renewed before it expires."""

    signer_name: str = ""
    key_type: str = ""
    max_expiration_seconds: int | None = None
    credential_bundle_path: str = ""
    key_path: str = ""
    certificate_chain_path: str = ""
    user_annotations: dict[str, str] = field(factory=dict)


@model
class VolumeProjection(Model):
    """One source of a projected volume; exactly one field is set."""

    secret: SecretProjection | None = None
    downward_api: DownwardAPIProjection | None = field(default=None, json="downwardAPI")
    config_map: ConfigMapProjection | None = None
    service_account_token: ServiceAccountTokenProjection | None = None
    cluster_trust_bundle: ClusterTrustBundleProjection | None = None
    pod_certificate: PodCertificateProjection | None = None


@model
class ProjectedVolumeSource(Model):
    """A volume that gathers files of several sources in one directory."""

    sources: list[VolumeProjection] = field(factory=list, always=True, list_type="atomic")
    default_mode: int | None = None
