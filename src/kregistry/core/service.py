"""Services: names and ports in front of Pods.

Nobody gives out addresses and node ports here. What a client asks for is kept and judged;
what it leaves open stays open, and an update that leaves it open keeps what was there.

Source: ``k8s.io/kubernetes/pkg/registry/core/service``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from typing_extensions import Unpack

from kregistry.core.builtin import (
    BuiltinStore,
    BuiltinStrategy,
    StoreOptions,
    keep_all_but_status,
    selectable,
)
from kregistry.core.servicerules import (
    check_load_balancer,
    check_service,
    check_service_change,
)
from kregistry.core.servicetable import COLUMNS
from kregistry.core.servicetypes import drop_of_other_types, keep_allocated, match_addresses
from kregistry.core.servicewarnings import warnings_for_ingress, warnings_for_service
from kregistry.core.v1 import ClientIPConfig, Service, ServiceSpec, SessionAffinityConfig
from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.intstr import IntOrString
from kregistry.registry.names import NameGenerator
from kregistry.registry.store import Store
from kregistry.registry.tables import Columns
from kregistry.registry.validation import dns1035_label_name, validate_object_meta_update
from kregistry.runtime.resource import Resource
from kregistry.storage.interface import Interface

#: Where Services live: beside the ranges that addresses are taken from.
SERVICES: Final = Resource(
    Service, "services", short_names=("svc",), categories=("all",), prefix="services/specs"
)

#: Seconds that a client stays with its Pod when nobody says otherwise.
DEFAULT_AFFINITY_SECONDS: Final = 10_800

_UNSET_PORTS: Final = (IntOrString(0), IntOrString(""))


def set_service_defaults(service: Service) -> None:
    """Fill in what *service* leaves open. Source: ``SetDefaults_Service``."""
    spec = service.spec
    spec.type = spec.type or "ClusterIP"
    _set_affinity(spec)
    for port in spec.ports:
        port.protocol = port.protocol or "TCP"
        if port.target_port in _UNSET_PORTS:
            port.target_port = IntOrString(port.port)
    outside = spec.type in ("NodePort", "LoadBalancer") or (
        spec.type == "ClusterIP" and bool(spec.external_ips)
    )
    if outside and not spec.external_traffic_policy:
        spec.external_traffic_policy = "Cluster"
    if spec.internal_traffic_policy is None and spec.type != "ExternalName":
        spec.internal_traffic_policy = "Cluster"
    if spec.type == "LoadBalancer":
        if spec.allocate_load_balancer_node_ports is None:
            spec.allocate_load_balancer_node_ports = True
        for ingress in service.status.load_balancer.ingress:
            if ingress.ip and ingress.ip_mode is None:
                ingress.ip_mode = "VIP"


def _set_affinity(spec: ServiceSpec) -> None:
    spec.session_affinity = spec.session_affinity or "None"
    if spec.session_affinity == "None":
        spec.session_affinity_config = None
        return
    config = spec.session_affinity_config
    if spec.session_affinity == "ClientIP" and (
        config is None or config.client_ip is None or config.client_ip.timeout_seconds is None
    ):
        spec.session_affinity_config = SessionAffinityConfig(
            client_ip=ClientIPConfig(timeout_seconds=DEFAULT_AFFINITY_SECONDS)
        )


class ServiceStrategy(BuiltinStrategy[Service]):
    """The rules of Services."""

    split = True

    def __init__(self, *, names: NameGenerator | None = None) -> None:
        super().__init__(SERVICES, names=names, name_rule=dns1035_label_name)

    def selectable_fields(self, obj: Service) -> Mapping[str, str]:
        more = {"spec.clusterIP": obj.spec.cluster_ip, "spec.type": obj.spec.type}
        return selectable(obj, more, namespaced=True)

    def prepare_for_create(self, ctx: Context, obj: Service) -> None:
        super().prepare_for_create(ctx, obj)
        match_addresses(obj.spec)

    def check(self, errs: ErrorList, obj: Service) -> None:
        check_service(errs, obj)

    def warnings_on_create(self, ctx: Context, obj: Service) -> Sequence[str]:
        return warnings_for_service(obj)

    def allow_create_on_update(self) -> bool:
        return True

    def prepare_for_update(self, ctx: Context, obj: Service, old: Service) -> None:
        keep_allocated(obj.spec, old.spec)
        match_addresses(obj.spec, old.spec)
        super().prepare_for_update(ctx, obj, old)
        drop_of_other_types(obj, old.spec)

    def check_change(self, errs: ErrorList, obj: Service, old: Service) -> None:
        check_service_change(errs, obj.spec, old.spec)

    def warnings_on_update(self, ctx: Context, obj: Service, old: Service) -> Sequence[str]:
        return warnings_for_service(obj)


class ServiceStatusStrategy(ServiceStrategy):
    """An update stores status and metadata."""

    def prepare_for_update(self, ctx: Context, obj: Service, old: Service) -> None:
        keep_all_but_status(obj, old)

    def validate_update(self, ctx: Context, obj: Service, old: Service) -> ErrorList:
        errs = validate_object_meta_update(obj.metadata, old.metadata)
        check_load_balancer(errs, Path("status", "loadBalancer"), obj)
        return errs

    def warnings_on_update(self, ctx: Context, obj: Service, old: Service) -> Sequence[str]:
        return warnings_for_ingress(obj)

    def get_reset_fields(self) -> Mapping[str, Sequence[str]]:
        return {"v1": ("spec",)}


class ServiceStorage:
    """All doors to services.

    Attributes:
        service: Everything but status.
        status: Writes status.
    """

    def __init__(self, storage: Interface[Any], **options: Unpack[StoreOptions]) -> None:
        self.service = ServiceStore(storage, ServiceStrategy(), **options)
        self.status = ServiceStore(storage, ServiceStatusStrategy(), **options)

    def rest_storage_map(self) -> dict[str, Store[Service]]:
        """The Stores by what a path says."""
        return {"services": self.service, "services/status": self.status}


class ServiceStore(BuiltinStore[Service]):
    """Services in *storage*."""

    def __init__(
        self,
        storage: Interface[Any],
        strategy: ServiceStrategy | None = None,
        **options: Unpack[StoreOptions],
    ) -> None:
        super().__init__(
            SERVICES,
            storage,
            strategy or ServiceStrategy(),
            return_deleted_object=True,
            tables=Columns(SERVICES.group_resource, COLUMNS),
            **options,
        )
