"""Services."""

from __future__ import annotations

from typing import Any

import pytest
from kinds import causes, cells, made

from kregistry.core.service import ServiceStorage
from kregistry.core.v1 import Service
from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.intstr import IntOrString
from kregistry.meta.object import Object
from kregistry.meta.options import ListOptions
from kregistry.registry import DefaultUpdatedObjectInfo
from kregistry.storage import Interface

PORT = {"port": 80}
WEB = {"type": "LoadBalancer"}
FAMILIES = {"ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}
LOCAL = {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}


@pytest.fixture
def services(storage: Interface[Object], clock: Clock) -> ServiceStorage:
    return ServiceStorage(storage, clock=clock)


def service(**spec: Any) -> Service:
    return made(Service, spec={"ports": [PORT], **spec})


def test_what_is_left_open_is_filled_in(services: ServiceStorage, ctx: Context) -> None:
    stored = services.service.create(ctx, service(selector={"app": "web"}))
    spec = stored.spec
    assert (spec.type, spec.session_affinity, spec.internal_traffic_policy) == (
        "ClusterIP",
        "None",
        "Cluster",
    )
    assert (spec.ports[0].protocol, spec.ports[0].target_port) == ("TCP", IntOrString(80))
    assert (spec.cluster_ip, spec.external_traffic_policy) == ("", "")
    assert stored.metadata.generation == 0


def test_load_balancers_and_sticky_clients_have_defaults_of_their_own() -> None:
    spec = service(type="LoadBalancer", sessionAffinity="ClientIP").spec
    assert (spec.external_traffic_policy, spec.allocate_load_balancer_node_ports) == (
        "Cluster",
        True,
    )
    assert spec.session_affinity_config is not None
    assert spec.session_affinity_config.client_ip is not None
    assert spec.session_affinity_config.client_ip.timeout_seconds == 10800


def test_an_update_creates_and_keeps_addresses(services: ServiceStorage, ctx: Context) -> None:
    first = service(clusterIP="10.0.0.1", type="NodePort", ports=[{"port": 80, "nodePort": 30080}])
    assert services.service.update(ctx, "a", DefaultUpdatedObjectInfo(first)).created
    kept = services.service.replace(ctx, service(type="NodePort")).spec
    assert (kept.cluster_ip, kept.cluster_ips) == ("10.0.0.1", ["10.0.0.1"])
    assert kept.ports[0].node_port == 30080
    moved = service(type="NodePort", clusterIP="10.0.0.2")
    assert causes(lambda: services.service.replace(ctx, moved)) == [
        'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set'
    ]


def test_the_type_alone_can_be_changed(services: ServiceStorage, ctx: Context) -> None:
    stored = services.service.create(
        ctx,
        service(
            type="LoadBalancer",
            clusterIP="10.0.0.1",
            externalTrafficPolicy="Local",
            healthCheckNodePort=30000,
            ports=[{"port": 80, "nodePort": 30080}],
        ),
    )
    stored.spec.type = "ClusterIP"
    spec = services.service.replace(ctx, stored).spec
    assert (spec.external_traffic_policy, spec.health_check_node_port) == ("", 0)
    assert (spec.ports[0].node_port, spec.cluster_ip) == (0, "10.0.0.1")
    assert spec.allocate_load_balancer_node_ports is None
    stored = services.service.get(ctx, "a")
    stored.spec.type, stored.spec.external_name = "ExternalName", "shop.example"
    spec = services.service.replace(ctx, stored).spec
    assert (spec.cluster_ip, spec.cluster_ips, spec.internal_traffic_policy) == ("", [], "Cluster")


def test_what_a_load_balancer_reported_goes_with_it(services: ServiceStorage, ctx: Context) -> None:
    stored = services.service.create(ctx, service(type="LoadBalancer"))
    stored.status = made(
        Service, spec=WEB, status={"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}
    ).status
    stored = services.status.replace(ctx, stored)
    stored.metadata.labels["seen"] = "yes"
    stored = services.service.replace(ctx, stored)
    assert stored.status.load_balancer.ingress[0].ip == "1.2.3.4"
    stored.spec.type = "NodePort"
    assert services.service.replace(ctx, stored).status.load_balancer.ingress == []


def test_a_port_keeps_the_number_on_the_nodes_by_its_name(
    services: ServiceStorage, ctx: Context
) -> None:
    given = [
        {"name": "a", "port": 80, "nodePort": 30080},
        {"name": "b", "port": 81, "nodePort": 30081},
    ]
    services.service.create(ctx, service(type="NodePort", ports=given))
    sent = [{"name": "a", "port": 8080}, {"name": "c", "port": 81}]
    ports = services.service.replace(ctx, service(type="NodePort", ports=sent)).spec.ports
    assert [port.node_port for port in ports] == [30080, 0]
    sent = [{"name": "a", "port": 80}, {"name": "c", "port": 81, "nodePort": 30080}]
    ports = services.service.replace(ctx, service(type="NodePort", ports=sent)).spec.ports
    assert [port.node_port for port in ports] == [0, 30080]


def test_ports_on_the_nodes_go_with_the_type_even_if_there_are_fewer_now(
    services: ServiceStorage, ctx: Context
) -> None:
    given = [
        {"name": "a", "port": 80, "nodePort": 30080},
        {"name": "b", "port": 81, "nodePort": 30081},
    ]
    stored = services.service.create(ctx, service(type="NodePort", ports=given))
    stored.spec.type, stored.spec.external_traffic_policy = "ClusterIP", ""
    del stored.spec.ports[1]
    assert services.service.replace(ctx, stored).spec.ports[0].node_port == 0


TWO = {
    "clusterIP": "10.0.0.1",
    "clusterIPs": ["10.0.0.1", "fd00::1"],
    "ipFamilies": ["IPv4", "IPv6"],
    "ipFamilyPolicy": "RequireDualStack",
}


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ({}, {"clusterIP": "10.0.0.1"}, []),
        ({"clusterIP": "10.0.0.1"}, TWO, []),
        ({"clusterIP": "None"}, {}, []),
        ({"clusterIP": "None"}, {"clusterIP": "None"}, []),
        (
            {"clusterIP": "10.0.0.1"},
            {"clusterIP": "None"},
            ['spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set'],
        ),
        (
            TWO,
            {**TWO, "clusterIPs": ["10.0.0.1", "fd00::2"]},
            ['spec.clusterIPs[1]: Invalid value: ["10.0.0.1","fd00::2"]: may not change once set'],
        ),
        (
            TWO,
            {**TWO, "clusterIPs": ["10.0.0.1"]},
            [
                'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": '
                "must be set to 'SingleStack' when releasing the secondary clusterIP"
            ],
        ),
        (
            TWO,
            {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ipFamilyPolicy": "SingleStack"},
            [],
        ),
        (
            TWO,
            {**TWO, "ipFamilies": ["IPv4"]},
            [
                'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": '
                "must be set to 'SingleStack' when releasing the secondary ipFamily"
            ],
        ),
        (
            {"clusterIP": "10.0.0.1", "ipFamilies": ["IPv4"]},
            {"clusterIP": "10.0.0.1", "ipFamilies": ["IPv6"]},
            [
                'spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set',
                'spec.clusterIPs[0]: Invalid value: "10.0.0.1": '
                "expected an IPv6 value as indicated by `ipFamilies[0]`",
            ],
        ),
        (
            {"type": "LoadBalancer", "loadBalancerClass": "a"},
            {"type": "LoadBalancer", "loadBalancerClass": "b"},
            ['spec.loadBalancerClass: Invalid value: "b": may not change once set'],
        ),
        (
            {**LOCAL, "healthCheckNodePort": 30001},
            {**LOCAL, "healthCheckNodePort": 30002},
            ["spec.healthCheckNodePort: Forbidden: field is immutable"],
        ),
        ({**LOCAL, "healthCheckNodePort": 30001}, LOCAL, []),
    ],
)
def test_what_was_given_out_once_stays(
    services: ServiceStorage,
    ctx: Context,
    before: dict[str, Any],
    after: dict[str, Any],
    wanted: list[str],
) -> None:
    services.service.create(ctx, service(**before))
    if wanted:
        assert causes(lambda: services.service.replace(ctx, service(**after))) == wanted
    else:
        services.service.replace(ctx, service(**after))


def test_a_client_that_knows_of_one_address_only_can_change_to_none(
    services: ServiceStorage, ctx: Context
) -> None:
    stored = services.service.create(ctx, service(clusterIP="10.0.0.1"))
    stored.spec.cluster_ips = []
    stored.spec.type, stored.spec.external_name = "ExternalName", "shop.example"
    spec = services.service.replace(ctx, stored).spec
    assert (spec.cluster_ip, spec.cluster_ips) == ("", [])


def test_warnings_tell_what_is_ignored_and_what_is_old(
    services: ServiceStorage, ctx: Context
) -> None:
    def warned(metadata: dict[str, Any], **spec: Any) -> list[str]:
        noted = Context(namespace=ctx.namespace)
        obj = made(Service, metadata=metadata, spec={"ports": [PORT], **spec})
        services.service.create(noted, obj)
        return noted.warnings

    hints = {"service.kubernetes.io/topology-aware-hints": "auto"}
    assert warned({"name": "a", "annotations": hints}, trafficDistribution="PreferClose") == [
        "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use "
        "service.kubernetes.io/topology-mode instead",
        'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ]
    assert warned(
        {"name": "b"},
        clusterIP="None",
        loadBalancerIP="1.2.3.4",
        externalIPs=["FD00::1"],
        sessionAffinity="ClientIP",
        externalName="x",
    ) == [
        "spec.loadBalancerIP is ignored for headless services",
        "spec.externalIPs is ignored for headless services",
        "spec.SessionAffinity is ignored for headless services",
        'spec.externalIPs[0]: IPv6 address "FD00::1" should be in RFC 5952 canonical format '
        '("fd00::1")',
        'spec.externalName is ignored when spec.type is not "ExternalName"',
    ]
    assert warned(
        {"name": "c"}, type="LoadBalancer", loadBalancerSourceRanges=["10.0.0.1/8", "FD00::/8"]
    ) == [
        'spec.loadBalancerSourceRanges[0]: CIDR value "10.0.0.1/8" is ambiguous in this context '
        '(should be "10.0.0.0/8" or "10.0.0.1/32"?)',
        'spec.loadBalancerSourceRanges[1]: IPv6 CIDR value "FD00::/8" should be in RFC 5952 '
        'canonical format ("fd00::/8")',
    ]
    assert warned(
        {"name": "d"},
        type="ExternalName",
        externalName="x",
        externalIPs=["::ffff:1.2.3.4"],
    ) == [
        'spec.externalIPs[0]: non-standard IP address "::ffff:1.2.3.4" will be considered '
        'invalid in a future Kubernetes release: use "1.2.3.4"',
        'spec.externalIPs is ignored when spec.type is "ExternalName"',
    ]


def test_status_has_a_door_of_its_own(services: ServiceStorage, ctx: Context) -> None:
    services.service.create(ctx, service(type="LoadBalancer"))
    told = service(ports=[])
    told.status = made(
        Service,
        spec={"type": "LoadBalancer"},
        status={"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}},
    ).status
    stored = services.status.replace(ctx, told)
    assert (stored.spec.type, stored.status.load_balancer.ingress[0].ip) == (
        "LoadBalancer",
        "1.2.3.4",
    )
    stored.status.load_balancer.ingress[0].ip = "here"
    stored.status.load_balancer.ingress[0].hostname = "1.2.3.4"
    found = causes(lambda: services.status.replace(ctx, stored))
    at = "status.loadBalancer.ingress[0]"
    assert found[0].startswith(f'{at}.ip: Invalid value: "here": must be a valid IP address')
    assert (
        found[1]
        == f'{at}.hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address'
    )
    assert set(services.rest_storage_map()) == {"services", "services/status"}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"ports": []}, ["spec.ports: Required value"]),
        ({"ports": [], "clusterIP": "None"}, []),
        ({"type": "Magic"}, ['spec.type: Unsupported value: "Magic"']),
        ({"type": "ExternalName", "ports": []}, ["spec.externalName: Required value"]),
        ({"type": "ExternalName", "ports": [], "externalName": "shop.example."}, []),
        (
            {"type": "ExternalName", "externalName": "a", "clusterIP": "10.0.0.1"},
            ["spec.clusterIPs: Forbidden: may not be set for ExternalName services"],
        ),
        (
            {"type": "NodePort", "clusterIP": "None"},
            ['spec.clusterIPs[0]: Invalid value: "None": may not be set to'],
        ),
        ({"type": "LoadBalancer", "ports": [{"port": 10250}]}, []),
        ({"type": "ExternalName", "externalName": "."}, ["spec.externalName: Required value"]),
        (
            {"type": "ExternalName", "externalName": "a", **FAMILIES},
            [
                "spec.ipFamilies: Forbidden: may not be set for ExternalName services",
                "spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services",
            ],
        ),
        (
            {"type": "ExternalName", "externalName": "a", "ports": [{"port": 1, "nodePort": 2}]},
            [],
        ),
        (
            {"clusterIPs": ["10.0.0.1"]},
            [
                'spec.clusterIPs: Invalid value: ["10.0.0.1"]: '
                "must be empty when `clusterIP` is not specified"
            ],
        ),
        (
            {"clusterIP": "None", "clusterIPs": ["None", "10.0.0.1"]},
            ["spec.clusterIPs: Invalid value: [\"None\",\"10.0.0.1\"]: 'None' must be the first"],
        ),
        (
            {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1", "10.0.0.2"]},
            ['spec.clusterIPs: Invalid value: ["10.0.0.1","10.0.0.2"]: may specify no more'],
        ),
        (
            {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1", "fd00::1", "fd00::2"]},
            ['spec.clusterIPs: Invalid value: ["10.0.0.1","fd00::1","fd00::2"]: may only hold'],
        ),
        (
            {"ipFamilies": ["IPv5", "IPv6", "IPv6"], "ipFamilyPolicy": "Any"},
            [
                'spec.ipFamilies[0]: Unsupported value: "IPv5"',
                'spec.ipFamilies[2]: Duplicate value: "IPv6"',
                'spec.ipFamilyPolicy: Unsupported value: "Any"',
            ],
        ),
        (
            {"trafficDistribution": "Near"},
            [
                'spec.trafficDistribution: Unsupported value: "Near": supported values: '
                '"PreferClose", "PreferSameZone", "PreferSameNode"'
            ],
        ),
        (
            {"loadBalancerClass": "a/b/c"},
            ["spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"],
        ),
        (
            {"ports": [{"port": 80}, {"port": 81}]},
            ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"],
        ),
        (
            {"ports": [{"name": "a", "port": 80}, {"name": "a", "port": 81}]},
            ['spec.ports[1].name: Duplicate value: "a"'],
        ),
        (
            {"ports": [{"name": "a", "port": 80}, {"name": "b", "port": 80}]},
            ['spec.ports[1]: Duplicate value: {"AppProtocol":null,'],
        ),
        (
            {"ports": [{"port": 0, "targetPort": "UP"}]},
            [
                "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
                "spec.ports[0].targetPort: Invalid value",
                "spec.ports[0].targetPort: Invalid value",
            ],
        ),
        ({"ports": [{"port": 80, "protocol": "ICMP"}]}, ["spec.ports[0].protocol: Unsupported"]),
        (
            {"ports": [{"port": 80, "nodePort": 30000}]},
            ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
        ),
        (
            {
                "sessionAffinity": "ClientIP",
                "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 0}},
            },
            ["spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be"],
        ),
        ({"clusterIP": "here"}, ['spec.clusterIPs[0]: Invalid value: "here": must be a valid IP']),
        (
            {"externalIPs": ["127.0.0.1"]},
            ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range'],
        ),
        (
            {"loadBalancerSourceRanges": ["10.0.0.0/8"]},
            ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is"],
        ),
        (
            {"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.0"]},
            ['spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0": must be a valid CIDR'],
        ),
        (
            {"externalTrafficPolicy": "Local"},
            ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for'],
        ),
        (
            {"type": "NodePort", "healthCheckNodePort": 1},
            ["spec.healthCheckNodePort: Invalid value: 1: may only be set when"],
        ),
        (
            {"internalTrafficPolicy": "Near"},
            ['spec.internalTrafficPolicy: Unsupported value: "Near": supported values:'],
        ),
        (
            {"allocateLoadBalancerNodePorts": True},
            ["spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is"],
        ),
        ({"selector": {"a/b/c": ""}}, ['spec.selector: Invalid value: "a/b/c"']),
    ],
)  # fmt: skip
def test_types_ports_and_addresses_fit_together(
    services: ServiceStorage, ctx: Context, spec: dict[str, Any], wanted: list[str]
) -> None:
    sent = service(**spec)
    if not wanted:
        services.service.create(ctx, sent)
        return
    found = causes(lambda: services.service.create(ctx, sent))
    assert len(found) == len(wanted), found
    for cause, start in zip(found, wanted, strict=True):
        assert cause.startswith(start)


def test_the_annotations_of_former_times_are_judged_as_well(
    services: ServiceStorage, ctx: Context
) -> None:
    annotations = {
        "service.kubernetes.io/topology-mode": "Auto",
        "service.kubernetes.io/topology-aware-hints": "disabled",
        "service.beta.kubernetes.io/load-balancer-source-ranges": "10.0.0.0/8, here",
    }
    sent = made(
        Service, metadata={"name": "a", "annotations": annotations}, spec={"ports": [PORT], **WEB}
    )
    sent.spec.allocate_load_balancer_node_ports = None
    assert causes(lambda: services.service.create(ctx, sent)) == [
        'metadata.annotations[service.kubernetes.io/topology-mode]: Invalid value: "Auto": must '
        "match annotations[service.kubernetes.io/topology-aware-hints] when both are specified",
        "metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: "
        'Invalid value: "here": must be a valid CIDR value, '
        "(e.g. 10.9.8.0/24 or 2001:db8::/64)",
        "allocateLoadBalancerNodePorts: Required value",
    ]


def test_names_begin_with_a_letter(services: ServiceStorage, ctx: Context) -> None:
    found = causes(
        lambda: services.service.create(
            ctx, made(Service, metadata={"name": "1a"}, spec={"ports": [PORT]})
        )
    )
    assert found[0].startswith('metadata.name: Invalid value: "1a": a DNS-1035 label must')


@pytest.mark.parametrize(
    ("spec", "ingress", "outside"),
    [
        ({}, [], "<none>"),
        ({"externalIPs": ["1.2.3.4"]}, [], "1.2.3.4"),
        ({"type": "LoadBalancer"}, [], "<pending>"),
        ({"type": "LoadBalancer"}, [{"ip": "2.2.2.2"}, {"hostname": "b"}], "2.2.2.2,b"),
        ({"type": "ExternalName", "externalName": "shop.example"}, [], "shop.example"),
        ({"type": "Magic"}, [], "<unknown>"),
    ],
)
def test_the_row_of_a_service(
    services: ServiceStorage, spec: dict[str, Any], ingress: list[Any], outside: str
) -> None:
    shown = service(**spec)
    shown.status = made(Service, status={"loadBalancer": {"ingress": ingress}}).status
    row = cells(services.service, shown)
    assert row["External-IP"] == outside
    assert (row["Port(s)"], row["Cluster-IP"], row["Selector"]) == ("80/TCP", "<none>", "<none>")


def test_a_row_tells_ports_of_nodes_and_selectors(services: ServiceStorage, ctx: Context) -> None:
    sent = service(
        type="NodePort",
        clusterIP="10.0.0.1",
        selector={"b": "2", "a": "1"},
        ports=[{"port": 80, "nodePort": 30080}],
    )
    row = cells(services.service, services.service.create(ctx, sent))
    assert (row["Port(s)"], row["Cluster-IP"]) == ("80:30080/TCP", "10.0.0.1")
    assert row["Selector"] == "a=1,b=2"
    found = services.service.list(ctx, ListOptions(field_selector="spec.clusterIP=10.0.0.1"))
    assert len(found) == 1
