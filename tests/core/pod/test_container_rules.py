"""Rules for containers, in the words of the API server."""

from __future__ import annotations

from typing import Any

import pytest
from podsamples import (
    IDS,
    LABEL,
    NO_NAME_PART,
    QUALIFIED,
    SUBDOMAIN,
    container_complaints,
    spec_complaints,
)

PORT = "must be between 1 and 65535, inclusive"
ENV_NAME = (
    "a valid environment variable name must consist only of printable ASCII characters other "
    "than '='"
)
BYTES = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei"


def source(**reference: Any) -> dict[str, Any]:
    return {"env": [{"name": "A", "valueFrom": reference}]}


def probe(**fields: Any) -> dict[str, Any]:
    return {"livenessProbe": {"exec": {"command": ["x"]}, **fields}}


CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": "", "image": ""}, ["name: Required value", "image: Required value"]),
    (
        {"name": "a" * 64},
        [f'name: Invalid value: "{"a" * 64}": must be no more than 63 characters'],
    ),
    ({"image": "i "}, ['image: Invalid value: "i ": must not have leading or trailing whitespace']),
    # Ports.
    (
        {"ports": [{"name": "a-very-long-port-name", "containerPort": 1}]},
        [
            'ports[0].name: Invalid value: "a-very-long-port-name": must be no more than 15 '
            "characters"
        ],
    ),
    (
        {"ports": [{"name": "-1--2", "containerPort": 1}]},
        [
            'ports[0].name: Invalid value: "-1--2": must contain at least one letter (a-z)',
            'ports[0].name: Invalid value: "-1--2": must not contain consecutive hyphens',
            'ports[0].name: Invalid value: "-1--2": must not begin or end with a hyphen',
        ],
    ),
    (
        {"ports": [{"containerPort": -1, "hostPort": 70000}]},
        [
            f"ports[0].containerPort: Invalid value: -1: {PORT}",
            f"ports[0].hostPort: Invalid value: 70000: {PORT}",
        ],
    ),
    (
        {
            "ports": [
                {"containerPort": 1, "hostPort": 9},
                {"containerPort": 2, "hostPort": 9},
                {"containerPort": 3, "hostPort": 9, "protocol": "UDP"},
            ]
        },
        ['ports[1].hostPort: Duplicate value: "TCP//9"'],
    ),
    # Environment.
    ({"env": [{"name": "a b"}, {"name": "1.x/-"}]}, []),
    ({"env": [{"name": "ä"}]}, [f'env[0].name: Invalid value: "ä": {ENV_NAME}']),
    (
        source(),
        [
            'env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, '
            "`resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        ],
    ),
    (
        source(fieldRef={"fieldPath": "spec.nodeName"}, secretKeyRef={"name": "s", "key": "k"}),
        [
            'env[0].valueFrom: Invalid value: "": may not have more than one field specified at '
            "a time"
        ],
    ),
    (source(fieldRef={"fieldPath": "metadata.labels['app']"}), []),
    (source(fieldRef={"fieldPath": "metadata.annotations['Example.com/App']"}), []),
    (source(fieldRef={"fieldPath": "spec.host"}), []),
    (source(fieldRef={"fieldPath": ""}), ["env[0].valueFrom.fieldRef.fieldPath: Required value"]),
    (
        source(fieldRef={"apiVersion": "v2", "fieldPath": "metadata.name"}),
        [
            'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.name": error '
            "converting fieldPath: unsupported pod version: v2"
        ],
    ),
    (
        source(fieldRef={"fieldPath": "metadata.name['x']"}),
        [
            "env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"metadata.name['x']\": error "
            "converting fieldPath: field label does not support subscript: metadata.name['x']"
        ],
    ),
    (
        source(fieldRef={"fieldPath": "metadata.labels"}),
        [
            'env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": '
            'supported values: "metadata.name", "metadata.namespace", "metadata.uid", '
            '"spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", '
            '"status.podIP", "status.podIPs"'
        ],
    ),
    (
        source(fieldRef={"fieldPath": "metadata.labels['']"}),
        [
            f'env[0].valueFrom.fieldRef: Invalid value: "": {NO_NAME_PART}',
            f'env[0].valueFrom.fieldRef: Invalid value: "": {QUALIFIED}',
        ],
    ),
    (source(resourceFieldRef={"resource": "limits.cpu", "divisor": "1m"}), []),
    (source(resourceFieldRef={"resource": "requests.hugepages-2Mi"}), []),
    (
        source(resourceFieldRef={"resource": ""}),
        ["env[0].valueFrom.resourceFieldRef.resource: Required value"],
    ),
    (
        source(resourceFieldRef={"resource": "limits.x"}),
        [
            'env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.x": '
            'supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", '
            '"requests.cpu", "requests.ephemeral-storage", "requests.memory"'
        ],
    ),
    (
        source(resourceFieldRef={"resource": "limits.cpu", "divisor": "10m"}),
        [
            'env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only '
            "divisor's values 1m and 1 are supported with the cpu resource"
        ],
    ),
    (
        source(resourceFieldRef={"resource": "limits.memory", "divisor": "2Mi"}),
        [
            'env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.memory": only '
            f"divisor's values {BYTES} are supported with the memory resource"
        ],
    ),
    (
        source(resourceFieldRef={"resource": "limits.hugepages-2Mi", "divisor": "2Mi"}),
        [
            'env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.hugepages-2Mi": '
            f"only divisor's values {BYTES} are supported with the hugepages resource"
        ],
    ),
    (
        source(configMapKeyRef={"name": "A", "key": ".."}),
        [
            f'env[0].valueFrom.configMapKeyRef.name: Invalid value: "A": {SUBDOMAIN}',
            "env[0].valueFrom.configMapKeyRef.key: Invalid value: \"..\": must not be '..'",
        ],
    ),
    (
        source(secretKeyRef={"name": "s", "key": ""}),
        ["env[0].valueFrom.secretKeyRef.key: Required value"],
    ),
    (
        source(secretKeyRef={"name": "s", "key": "a b"}),
        [
            'env[0].valueFrom.secretKeyRef.key: Invalid value: "a b": a valid config key must '
            "consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
            "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
        ],
    ),
    (
        {
            "envFrom": [
                {},
                {"prefix": "=", "configMapRef": {"name": ""}, "secretRef": {"name": "S"}},
            ]
        },
        [
            'envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
            f'envFrom[1].prefix: Invalid value: "=": {ENV_NAME}',
            "envFrom[1].configMapRef.name: Required value",
            f'envFrom[1].secretRef.name: Invalid value: "S": {SUBDOMAIN}',
            'envFrom: Invalid value: "": may not have more than one field specified at a time',
        ],
    ),
    # Probes and hooks.
    (
        {"livenessProbe": {"httpGet": {"port": "a--b", "scheme": "FTP"}}},
        [
            'livenessProbe.httpGet.port: Invalid value: "a--b": must not contain '
            "consecutive hyphens",
            'livenessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", '
            '"HTTPS"',
        ],
    ),
    (
        {
            "readinessProbe": {
                "httpGet": {"port": 80, "httpHeaders": [{"name": "a b", "value": ""}]},
                "terminationGracePeriodSeconds": 0,
                "successThreshold": 3,
            }
        },
        [
            'readinessProbe.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must '
            "consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for "
            "validation is '[-A-Za-z0-9]+')",
            "readinessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be "
            "greater than 0",
            "readinessProbe.terminationGracePeriodSeconds: Invalid value: 0: must not be set for "
            "readinessProbes",
        ],
    ),
    (
        probe(
            initialDelaySeconds=-1,
            timeoutSeconds=-2,
            periodSeconds=-3,
            successThreshold=-4,
            failureThreshold=-5,
        ),
        [
            "livenessProbe.initialDelaySeconds: Invalid value: -1: must be greater than or "
            "equal to 0",
            "livenessProbe.timeoutSeconds: Invalid value: -2: must be greater than or equal to 0",
            "livenessProbe.periodSeconds: Invalid value: -3: must be greater than or equal to 0",
            "livenessProbe.successThreshold: Invalid value: -4: must be greater than or equal to 0",
            "livenessProbe.failureThreshold: Invalid value: -5: must be greater than or equal to 0",
            "livenessProbe.successThreshold: Invalid value: -4: must be 1",
        ],
    ),
    (
        {"startupProbe": {"exec": {}, "tcpSocket": {"port": 1}, "grpc": {"port": 1}}},
        [
            "startupProbe.exec.command: Required value",
            "startupProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
            "startupProbe.grpc: Forbidden: may not specify more than 1 handler type",
        ],
    ),
    (
        {"startupProbe": {"grpc": {"port": 0}}},
        [f"startupProbe.grpc.port: Invalid value: 0: {PORT}"],
    ),
    (
        {
            "lifecycle": {
                "postStart": {"tcpSocket": {"port": 0}},
                "preStop": {"sleep": {"seconds": 31}},
            }
        },
        [
            f"lifecycle.postStart.tcpSocket.port: Invalid value: 0: {PORT}",
            "lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than "
            "terminationGracePeriodSeconds (30)",
        ],
    ),
    # Mounts: some errors do not say which mount they are about.
    (
        {"volumeMounts": [{"name": "", "mountPath": "/a"}]},
        ["volumeMounts[0].name: Required value", 'volumeMounts[0].name: Not found: ""'],
    ),
    # Resources.
    (
        {"resources": {"limits": {"example.com/x": "1500m"}, "requests": {"cpu": "1"}}},
        [
            'resources.limits[example.com/x]: Invalid value: "1500m": must be an integer',
            'resources.requests[example.com/x]: Invalid value: "1500m": must be an integer',
        ],
    ),
    (
        {"resources": {"requests": {"example.com/x": "1"}}},
        ["resources.limits: Required value: Limit must be set for non overcommitable resources"],
    ),
    (
        {"resources": {"limits": {"example.com/x": "2"}, "requests": {"example.com/x": "1"}}},
        ['resources.requests: Invalid value: "1": must be equal to example.com/x limit of 2'],
    ),
    (
        {"resources": {"limits": {"x.kubernetes.io/y": "1", "requests.x/y": "1"}}},
        [
            'resources.limits[requests.x/y]: Invalid value: "requests.x/y": doesn\'t follow '
            "extended resource name standard",
            'resources.requests[requests.x/y]: Invalid value: "requests.x/y": doesn\'t follow '
            "extended resource name standard",
        ],
    ),
    (
        {"resources": {"limits": {"hugepages-2Mi": "3Mi"}}},
        [
            'resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer '
            "multiple of hugepages-2Mi",
            'resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive '
            "integer multiple of hugepages-2Mi",
            "resources: Forbidden: HugePages require cpu or memory",
        ],
    ),
    ({"resources": {"limits": {"hugepages-2Mi": "4Mi", "cpu": "1"}}}, []),
    (
        {"resources": {"claims": [{"name": ""}, {"name": "x"}, {"name": "x"}]}},
        [
            "resources.claims[0]: Required value",
            'resources.claims[1]: Not found: "x": must be one of the names in '
            "pod.spec.resourceClaims which is empty",
            'resources.claims[2]: Duplicate value: "x"',
            'resources.claims[2]: Not found: "x": must be one of the names in '
            "pod.spec.resourceClaims which is empty",
        ],
    ),
    (
        {
            "resizePolicy": [
                {"resourceName": "cpu", "restartPolicy": "x"},
                {"resourceName": "cpu", "restartPolicy": ""},
                {"resourceName": "gpu", "restartPolicy": "NotRequired"},
            ]
        },
        [
            'resizePolicy: Unsupported value: "x": supported values: "NotRequired", '
            '"RestartContainer"',
            'resizePolicy[1]: Duplicate value: "cpu"',
            "resizePolicy: Required value",
            'resizePolicy: Unsupported value: "gpu": supported values: "cpu", "memory"',
        ],
    ),
    # Security.
    (
        {"securityContext": {"runAsUser": -1, "runAsGroup": 2**31}},
        [
            f"securityContext.runAsUser: Invalid value: -1: {IDS}",
            f"securityContext.runAsGroup: Invalid value: 2147483648: {IDS}",
        ],
    ),
    (
        {"securityContext": {"procMount": "x"}},
        [
            'securityContext.procMount: Unsupported value: "x": supported values: "Default", '
            '"Unmasked"'
        ],
    ),
    (
        {"securityContext": {"procMount": "Unmasked"}},
        [
            'securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to '
            "use `Unmasked`"
        ],
    ),
    (
        {
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"add": ["CAP_SYS_ADMIN"]},
            }
        },
        [
            'securityContext: Invalid value: {"Capabilities":{"Add":["CAP_SYS_ADMIN"],'
            '"Drop":null},"Privileged":null,"SELinuxOptions":null,"WindowsOptions":null,'
            '"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,'
            '"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":false,"ProcMount":null,'
            '"SeccompProfile":null,"AppArmorProfile":null}: cannot set '
            "`allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
        ],
    ),
    (
        {"securityContext": {"seccompProfile": {"type": ""}, "appArmorProfile": {"type": ""}}},
        [
            "securityContext.seccompProfile.type: Required value: type is required when "
            "seccompProfile is set",
            "securityContext.appArmorProfile.type: Required value: type is required when "
            "appArmorProfile is set",
        ],
    ),
    (
        {
            "securityContext": {
                "seccompProfile": {"type": "Localhost", "localhostProfile": "/a/../b"},
                "appArmorProfile": {"type": "Localhost", "localhostProfile": " a"},
            }
        },
        [
            'securityContext.seccompProfile.localhostProfile: Invalid value: "/a/../b": must be '
            "a relative path",
            'securityContext.seccompProfile.localhostProfile: Invalid value: "/a/../b": must not '
            "contain '..'",
            'securityContext.appArmorProfile.localhostProfile: Invalid value: " a": must not be '
            "padded with whitespace",
        ],
    ),
    (
        {"securityContext": {"appArmorProfile": {"type": "Unconfined", "localhostProfile": "a"}}},
        [
            'securityContext.appArmorProfile.localhostProfile: Invalid value: "a": can only be '
            "set when AppArmor type is Localhost"
        ],
    ),
    # Restarting.
    (
        {
            "restartPolicyRules": [
                {"action": "x"},
                {"action": "Restart", "exitCodes": {"operator": "y"}},
            ]
        },
        [
            "restartPolicy: Required value: must specify restartPolicy when restart rules are used",
            'restartPolicyRules[0].action: Unsupported value: "x": supported values: "Restart", '
            '"RestartAllContainers"',
            "restartPolicyRules[0].exitCodes: Required value: must be specified",
            'restartPolicyRules[1].exitCodes.operator: Unsupported value: "y": supported values: '
            '"In", "NotIn"',
        ],
    ),
    (
        {
            "restartPolicy": "Sometimes",
            "restartPolicyRules": [
                {"action": "Restart", "exitCodes": {"operator": "In", "values": list(range(256))}}
            ]
            * 21,
        },
        [
            'restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", '
            '"OnFailure"',
            "restartPolicyRules: Too many: 21: must have at most 20 items",
            *(
                f"restartPolicyRules[{index}].exitCodes.values: Too many: 256: must have at most "
                "255 items"
                for index in range(21)
            ),
        ],
    ),
]


@pytest.mark.case("RP41")
@pytest.mark.parametrize(("container", "expected"), CASES)
def test_a_container_is_judged_in_the_words_of_the_api_server(
    container: dict[str, Any], expected: list[str]
) -> None:
    assert container_complaints(container) == expected


VOLUMES = [
    {"name": "v", "emptyDir": {}},
    {"name": "d", "persistentVolumeClaim": {"claimName": "x"}},
]

MOUNT_CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({"volumeMounts": [{"name": "v", "mountPath": "/a", "subPath": "b"}]}, []),
    (
        {"volumeMounts": [{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/a"}]},
        ['volumeMounts[1].mountPath: Invalid value: "/a": must be unique'],
    ),
    (
        {
            "volumeMounts": [
                {"name": "v", "mountPath": "/a", "subPath": "/x", "subPathExpr": "../y"}
            ]
        },
        [
            'volumeMounts.subPath: Invalid value: "/x": must be a relative path',
            'volumeMounts[0].subPathExpr: Invalid value: "../y": subPathExpr and subPath are '
            "mutually exclusive",
            "volumeMounts.subPathExpr: Invalid value: \"../y\": must not contain '..'",
        ],
    ),
    (
        {"volumeMounts": [{"name": "v", "mountPath": "/a", "mountPropagation": "Bidirectional"}]},
        [
            "volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is "
            "available only to privileged containers"
        ],
    ),
    (
        {"volumeMounts": [{"name": "v", "mountPath": "/a", "mountPropagation": "x"}]},
        [
            'volumeMounts.mountPropagation: Unsupported value: "x": supported values: '
            '"Bidirectional", "HostToContainer", "None"'
        ],
    ),
    (
        {
            "volumeMounts": [
                {
                    "name": "v",
                    "mountPath": "/a",
                    "recursiveReadOnly": "Enabled",
                    "mountPropagation": "HostToContainer",
                },
                {"name": "v", "mountPath": "/b", "recursiveReadOnly": "x"},
            ]
        },
        [
            "volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly "
            "is true",
            "volumeMounts.recursiveReadOnly: Forbidden: may only be specified when "
            "mountPropagation is None or not specified",
            'volumeMounts.recursiveReadOnly: Unsupported value: "x": supported values: '
            '"Disabled", "Enabled", "IfPossible"',
        ],
    ),
    ({"volumeDevices": [{"name": "d", "devicePath": "/dev/x"}]}, []),
    (
        {"volumeDevices": [{"name": "", "devicePath": ""}]},
        [
            "volumeDevices[0].name: Required value",
            'volumeDevices[0].name: Not found: ""',
            "volumeDevices[0].devicePath: Required value",
        ],
    ),
    (
        {
            "volumeDevices": [
                {"name": "v", "devicePath": "/dev/../x"},
                {"name": "d", "devicePath": "/y"},
                {"name": "d", "devicePath": "/y"},
            ]
        },
        [
            'volumeDevices[0].name: Invalid value: "v": can only use volume source type of '
            "PersistentVolumeClaim or Ephemeral for block mode",
            'volumeDevices[0].devicePath: Invalid value: "/dev/../x": can not contain backsteps '
            "('..')",
            'volumeDevices[2].name: Invalid value: "d": must be unique',
            'volumeDevices[2].devicePath: Invalid value: "/y": must be unique',
        ],
    ),
    (
        {
            "volumeMounts": [{"name": "d", "mountPath": "/x"}],
            "volumeDevices": [{"name": "d", "devicePath": "/x"}],
        },
        [
            'volumeMounts[0].name: Invalid value: "d": must not already exist in volumeDevices',
            'volumeMounts[0].mountPath: Invalid value: "/x": must not already exist as a path in '
            "volumeDevices",
            'volumeDevices[0].name: Invalid value: "d": must not already exist in volumeMounts',
            'volumeDevices[0].devicePath: Invalid value: "/x": must not already exist as a path '
            "in volumeMounts",
        ],
    ),
]


@pytest.mark.parametrize(("container", "expected"), MOUNT_CASES)
def test_mounts_and_devices_are_judged(container: dict[str, Any], expected: list[str]) -> None:
    spec = {"volumes": VOLUMES, "containers": [{"name": "c", "image": "i", **container}]}
    found = spec_complaints(spec)
    assert [line.removeprefix("spec.containers[0].") for line in found] == expected


def test_resize_without_restarts_is_all_a_pod_gets_that_is_never_restarted() -> None:
    policy = [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]
    containers = [{"name": "c", "image": "i", "resizePolicy": policy}]
    assert spec_complaints({"restartPolicy": "Never", "containers": containers}) == [
        'spec.containers[0].resizePolicy: Invalid value: "RestartContainer": must be '
        "'NotRequired' when pod `restartPolicy` is 'Never'"
    ]


def test_claims_of_the_pod_may_be_used_whole_or_in_part() -> None:
    claims = [{"name": "gpu", "request": "a"}, {"name": "gpu", "request": "b"}, {"name": "x"}]
    spec = {
        "resourceClaims": [{"name": "gpu", "resourceClaimName": "g"}],
        "containers": [{"name": "c", "image": "i", "resources": {"claims": claims}}],
    }
    assert spec_complaints(spec) == [
        'spec.containers[0].resources.claims[2]: Not found: "x": must be one of the names in '
        "pod.spec.resourceClaims: gpu"
    ]


def test_init_containers_end_before_others_start_unless_they_are_sidecars() -> None:
    hooks = {
        "lifecycle": {"preStop": {"exec": {"command": ["x"]}}},
        "livenessProbe": {"exec": {"command": ["x"]}},
        "readinessProbe": {"exec": {"command": ["x"]}},
        "startupProbe": {"exec": {"command": ["x"]}},
        "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}],
    }
    plain = {"name": "a", "image": "i", **hooks}
    sidecar = {"name": "b", "image": "i", "restartPolicy": "Always", **hooks}
    only = "may not be set for init containers without restartPolicy=Always"
    assert spec_complaints({"initContainers": [plain, sidecar]}) == [
        f"spec.initContainers[0].lifecycle: Forbidden: {only}",
        f"spec.initContainers[0].livenessProbe: Forbidden: {only}",
        f"spec.initContainers[0].readinessProbe: Forbidden: {only}",
        f"spec.initContainers[0].startupProbe: Forbidden: {only}",
        'spec.initContainers[0].resizePolicy: Invalid value: "RestartContainer": must not be '
        "set to 'RestartContainer' for non-sidecar initContainers",
    ]


def test_names_of_init_containers_and_containers_are_one_set() -> None:
    init = [{"name": "c", "image": "i"}, {"name": "I", "image": " i"}, {"name": "I", "image": "i"}]
    assert spec_complaints({"initContainers": init}) == [
        'spec.initContainers[0].name: Duplicate value: "c"',
        f'spec.initContainers[1].name: Invalid value: "I": {LABEL}',
        f'spec.initContainers[2].name: Invalid value: "I": {LABEL}',
        'spec.initContainers[2].name: Duplicate value: "I"',
        'spec.initContainers[1].image: Invalid value: " i": must not have leading or trailing '
        "whitespace",
    ]


def test_an_ephemeral_container_is_for_looking_only() -> None:
    container = {
        "name": "c",
        "image": "i ",
        "targetContainerName": "nobody",
        "ports": [{"containerPort": 1}],
        "resources": {"requests": {"cpu": "1"}},
        "restartPolicy": "Always",
        "livenessProbe": {"exec": {"command": ["x"]}},
        "volumeMounts": [{"name": "v", "mountPath": "/a", "subPath": "b"}],
    }
    found = spec_complaints(
        {"volumes": [{"name": "v", "emptyDir": {}}], "ephemeralContainers": [container]}
    )
    at = "spec.ephemeralContainers[0]"
    refused = "cannot be set for an Ephemeral Container"
    assert found == [
        f'{at}.image: Invalid value: "i ": must not have leading or trailing whitespace',
        f'{at}.name: Duplicate value: "c"',
        f'{at}.targetContainerName: Not found: "nobody"',
        f"{at}.ports: Forbidden: {refused}",
        f"{at}.resources: Forbidden: {refused}",
        f"{at}.restartPolicy: Forbidden: {refused}",
        f"{at}.livenessProbe: Forbidden: {refused}",
        f"{at}.volumeMounts[0].subPath: Forbidden: {refused}",
        "spec.ephemeralContainers: Forbidden: cannot be set on create",
    ]


def test_privileges_can_be_had_where_the_cluster_allows_them() -> None:
    container = {"securityContext": {"privileged": True}}
    assert container_complaints(container, privileged=True) == []
    assert container_complaints(container) == [
        "securityContext.privileged: Forbidden: disallowed by cluster policy"
    ]
