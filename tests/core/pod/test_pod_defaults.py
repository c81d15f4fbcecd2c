"""What a client need not say about a Pod."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from podsamples import CODEC, decoded, document, made

from kregistry.core.pod import PODS, set_pod_defaults
from kregistry.core.pod.images import default_pull_policy, image_tag
from kregistry.core.scheme import core_resources, core_scheme
from kregistry.core.v1 import Pod, Service
from kregistry.meta.errors import Invalid
from kregistry.meta.quantity import Quantity

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("nginx", "latest"),
        ("nginx:latest", "latest"),
        ("nginx:1.27", "1.27"),
        ("library/nginx", "latest"),
        ("localhost:5000/x", "latest"),
        ("localhost:5000/x:1", "1"),
        ("[::1]:5000/x:1", "1"),
        ("Registry.example/x:1", "1"),
        (f"nginx@{DIGEST}", ""),
        (f"nginx:latest@{DIGEST}", "latest"),
        ("nginx@sha256:abc", None),
        ("Nginx", None),
        ("a//b", None),
        ("a" * 64, None),
        ("b" * 300, None),
        ("x:" + "y" * 129, None),
        (" nginx", None),
        ("", None),
        ("n" * 1_000_000, None),
        ("a-" * 250, None),
    ],
)
def test_the_tag_of_an_image_is_found(image: str, tag: str | None) -> None:
    assert image_tag(image) == tag


def test_only_what_may_change_is_pulled_always() -> None:
    assert default_pull_policy("nginx") == "Always"
    assert default_pull_policy("nginx:1.27") == "IfNotPresent"
    assert default_pull_policy("Not An Image") == "IfNotPresent"


def test_defaults_of_a_spec() -> None:
    spec = made().spec
    assert spec.dns_policy == "ClusterFirst"
    assert spec.restart_policy == "Always"
    assert spec.scheduler_name == "default-scheduler"
    assert spec.termination_grace_period_seconds == 30
    assert spec.enable_service_links is True
    assert spec.security_context is not None


def test_what_is_said_stays() -> None:
    spec = made(
        {
            "dnsPolicy": "Default",
            "restartPolicy": "Never",
            "schedulerName": "mine",
            "terminationGracePeriodSeconds": 0,
            "enableServiceLinks": False,
        },
        container={"imagePullPolicy": "Never", "terminationMessagePath": "/x"},
    ).spec
    assert (spec.dns_policy, spec.restart_policy, spec.scheduler_name) == (
        "Default",
        "Never",
        "mine",
    )
    assert (spec.termination_grace_period_seconds, spec.enable_service_links) == (0, False)


@pytest.mark.parametrize("kind", ["containers", "initContainers", "ephemeralContainers"])
def test_defaults_of_a_container_of_every_kind(kind: str) -> None:
    container = {
        "name": "x",
        "image": "i:1",
        "ports": [{"containerPort": 1}],
        "livenessProbe": {"httpGet": {"port": 1}},
        "readinessProbe": {"grpc": {"port": 1}},
        "lifecycle": {"preStop": {"httpGet": {"port": 1}}},
        "env": [
            {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {
                "name": "B",
                "valueFrom": {"fileKeyRef": {"volumeName": "v", "path": "p", "key": "k"}},
            },
        ],
    }
    tree = CODEC.to_dict(made({kind: [container]}))["spec"][kind][0]
    assert tree["imagePullPolicy"] == "IfNotPresent"
    assert tree["terminationMessagePath"] == "/dev/termination-log"
    assert tree["terminationMessagePolicy"] == "File"
    assert tree["ports"] == [{"containerPort": 1, "protocol": "TCP"}]
    assert tree["livenessProbe"] == {
        "httpGet": {"path": "/", "port": 1, "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    assert tree["readinessProbe"]["grpc"] == {"port": 1, "service": ""}
    assert tree["lifecycle"]["preStop"]["httpGet"]["scheme"] == "HTTP"
    assert tree["env"][0]["valueFrom"]["fieldRef"]["apiVersion"] == "v1"
    assert tree["env"][1]["valueFrom"]["fileKeyRef"]["optional"] is False


VOLUMES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"emptyDir": {}}),
    ({"secret": {"secretName": "s"}}, {"secret": {"secretName": "s", "defaultMode": 0o644}}),
    ({"configMap": {"name": "c"}}, {"configMap": {"name": "c", "defaultMode": 0o644}}),
    ({"hostPath": {"path": "/x"}}, {"hostPath": {"path": "/x", "type": ""}}),
    (
        {"downwardAPI": {"items": [{"path": "a", "fieldRef": {"fieldPath": "metadata.name"}}]}},
        {
            "downwardAPI": {
                "defaultMode": 0o644,
                "items": [
                    {"path": "a", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}
                ],
            }
        },
    ),
    (
        {"projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
        {
            "projected": {
                "defaultMode": 0o644,
                "sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 3600}}],
            }
        },
    ),
    (
        {"iscsi": {"targetPortal": "t", "iqn": "i", "lun": 0}},
        {"iscsi": {"targetPortal": "t", "iqn": "i", "lun": 0, "iscsiInterface": "default"}},
    ),
    (
        {"rbd": {"monitors": [], "image": "i"}},
        {
            "rbd": {
                "monitors": [],
                "image": "i",
                "pool": "rbd",
                "user": "admin",
                "keyring": "/etc/ceph/keyring",
            }
        },
    ),
    (
        {"azureDisk": {"diskName": "d", "diskURI": "u"}},
        {
            "azureDisk": {
                "diskName": "d",
                "diskURI": "u",
                "cachingMode": "ReadWrite",
                "fsType": "ext4",
                "readOnly": False,
                "kind": "Shared",
            }
        },
    ),
    (
        {"scaleIO": {"gateway": "g", "system": "s", "secretRef": {}}},
        {
            "scaleIO": {
                "gateway": "g",
                "system": "s",
                "secretRef": {},
                "storageMode": "ThinProvisioned",
                "fsType": "xfs",
            }
        },
    ),
    (
        {"ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
        {
            "ephemeral": {
                "volumeClaimTemplate": {
                    "metadata": {},
                    "spec": {"resources": {}, "volumeMode": "Filesystem"},
                }
            }
        },
    ),
    ({"image": {"reference": "r"}}, {"image": {"reference": "r", "pullPolicy": "Always"}}),
]


@pytest.mark.parametrize(("volume", "expected"), VOLUMES)
def test_defaults_of_volumes(volume: dict[str, Any], expected: dict[str, Any]) -> None:
    tree = CODEC.to_dict(made({"volumes": [{"name": "v", **volume}]}))
    assert tree["spec"]["volumes"] == [{"name": "v", **expected}]


def test_what_is_limited_is_requested() -> None:
    resources = {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "1"}}
    found = made(container={"resources": resources}).spec.containers[0].resources
    assert {name: str(amount) for name, amount in found.requests.items()} == {
        "cpu": "1",
        "memory": "1Gi",
    }


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("1", "1"),
        ("1m", "1m"),
        ("100u", "1m"),
        ("1.0001", "1001m"),
        ("-1.0001", "-1001m"),
        ("1Gi", "1Gi"),
    ],
)
def test_amounts_are_counted_in_thousandths(amount: str, rounded: str) -> None:
    pod = made({"overhead": {"cpu": amount}})
    assert str(pod.spec.overhead["cpu"]) == rounded


def test_ports_of_the_host_are_those_of_the_container() -> None:
    pod = made(
        {
            "hostNetwork": True,
            "containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 8}]}],
        }
    )
    assert pod.spec.containers[0].ports[0].host_port == 8


def test_the_pod_as_a_whole_requests_what_its_containers_do_and_else_what_it_may_have() -> None:
    pod = made(
        {
            "resources": {"limits": {"cpu": "4", "memory": "4Gi"}},
            "containers": [
                {"name": "a", "image": "i", "resources": {"requests": {"cpu": "1"}}},
                {
                    "name": "b",
                    "image": "i",
                    "resources": {"limits": {"hugepages-2Mi": "2Mi", "cpu": "1"}},
                },
            ],
            "initContainers": [
                {
                    "name": "s",
                    "image": "i",
                    "restartPolicy": "Always",
                    "resources": {"requests": {"cpu": "500m"}},
                },
                {"name": "i", "image": "i", "resources": {"requests": {"cpu": "3"}}},
            ],
        }
    )
    whole = pod.spec.resources
    assert whole is not None
    # the init container beside the sidecar needs 3.5, the rest together 2.5
    assert whole.requests == {
        "cpu": Quantity("3500m"),
        "memory": Quantity("4Gi"),
        "hugepages-2Mi": Quantity("2Mi"),
    }
    assert whole.limits["hugepages-2Mi"] == Quantity("2Mi")


def test_both_names_of_the_account_agree() -> None:
    assert made({"serviceAccount": "old"}).spec.service_account_name == "old"
    spec = made({"serviceAccount": "old", "serviceAccountName": "new"}).spec
    assert (spec.service_account, spec.service_account_name) == ("new", "new")


def test_the_first_address_is_the_address() -> None:
    def addresses(**status: Any) -> tuple[str, list[str]]:
        pod = decoded({**document(), "status": status})
        return pod.status.pod_ip, [entry.ip for entry in pod.status.pod_ips]

    assert addresses(podIP="1.1.1.1") == ("1.1.1.1", ["1.1.1.1"])
    assert addresses(podIPs=[{"ip": "a"}, {"ip": "b"}]) == ("a", ["a", "b"])
    assert addresses(podIP="a", podIPs=[{"ip": "a"}, {"ip": "b"}]) == ("a", ["a", "b"])
    assert addresses(podIP="c", podIPs=[{"ip": "a"}, {"ip": "b"}]) == ("c", ["c"])


def test_annotations_from_before_init_containers_are_dropped() -> None:
    annotations = {"pod.beta.kubernetes.io/init-containers": "[]", "a": "b"}
    assert made(meta={"annotations": annotations}).metadata.annotations == {"a": "b"}


def test_a_grace_period_below_zero_is_one_second() -> None:
    assert made({"terminationGracePeriodSeconds": -9}).spec.termination_grace_period_seconds == 1


def test_doing_it_twice_changes_nothing_more() -> None:
    spec = {"volumes": [{"name": "v", **volume} for volume, _ in VOLUMES], "hostNetwork": True}
    pod = made(spec, container={})
    again = copy.deepcopy(pod)
    set_pod_defaults(again)
    assert CODEC.encode(again) == CODEC.encode(pod)


def test_the_scheme_knows_the_defaults() -> None:
    scheme = core_scheme()
    pod, service = Pod(), Service()
    scheme.set_defaults(pod)
    scheme.set_defaults(service)
    assert pod.spec.restart_policy == "Always"
    assert service.spec.type == "ClusterIP"


def test_pods_are_the_same_resource_everywhere() -> None:
    assert PODS in core_resources()


def test_a_value_of_the_wrong_type_is_told_by_its_place() -> None:
    pod = made()
    pod.spec.containers[0].resources.limits["cpu"] = "1"  # type: ignore[assignment]
    with pytest.raises(Invalid) as caught:
        set_pod_defaults(pod)
    assert str(caught.value) == (
        'Pod "p" is invalid: spec.containers[0].resources.limits[cpu]: Invalid value: "1": must '
        "be a Quantity"
    )
