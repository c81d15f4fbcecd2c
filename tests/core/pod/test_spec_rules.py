"""Rules for the specification of a Pod, in the words of the API server."""

from __future__ import annotations

from typing import Any

import pytest
from podsamples import (
    IDS,
    LABEL,
    NO_NAME_PART,
    QUALIFIED,
    SUBDOMAIN,
    complaints,
    made,
    spec_complaints,
)

SPEC_CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"containers": []}, ["spec.containers: Required value"]),
    ({"restartPolicy": "Never", "dnsPolicy": "Default"}, []),
    (
        {"restartPolicy": "x", "dnsPolicy": "y"},
        [
            'spec.restartPolicy: Unsupported value: "x": supported values: "Always", '
            '"OnFailure", "Never"',
            'spec.dnsPolicy: Unsupported value: "y": supported values: '
            '"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
        ],
    ),
    ({"nodeSelector": {"a/b/": "c"}}, ["spec.nodeSelector: Invalid value"]),
    # Names.
    ({"serviceAccountName": "A"}, [f'spec.serviceAccountName: Invalid value: "A": {SUBDOMAIN}']),
    ({"nodeName": "A"}, [f'spec.nodeName: Invalid value: "A": {SUBDOMAIN}']),
    ({"hostname": "a.b"}, ['spec.hostname: Invalid value: "a.b": must not contain dots']),
    ({"subdomain": "A"}, [f'spec.subdomain: Invalid value: "A": {LABEL}']),
    (
        {"hostname": "a" * 64},
        [f'spec.hostname: Invalid value: "{"a" * 64}": must be no more than 63 characters'],
    ),
    ({"priorityClassName": "A"}, [f'spec.priorityClassName: Invalid value: "A": {SUBDOMAIN}']),
    ({"runtimeClassName": ""}, [f'spec.runtimeClassName: Invalid value: "": {SUBDOMAIN}']),
    (
        {"preemptionPolicy": "x"},
        [
            'spec.preemptionPolicy: Unsupported value: "x": supported values: '
            '"PreemptLowerPriority", "Never"'
        ],
    ),
    ({"preemptionPolicy": ""}, ["spec.preemptionPolicy: Required value"]),
    # Times.
    (
        {"activeDeadlineSeconds": 2**31},
        [
            "spec.activeDeadlineSeconds: Invalid value: 2147483648: must be between 1 and "
            "2147483647, inclusive"
        ],
    ),
    # Host name override.
    (
        {"hostnameOverride": "a", "setHostnameAsFQDN": True, "hostNetwork": True},
        [
            "spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true",
            "spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true",
        ],
    ),
    (
        {"hostnameOverride": "a" * 65},
        ["spec.hostnameOverride: Too long: may not be more than 64 bytes"],
    ),
    ({"hostnameOverride": ""}, [f'spec.hostnameOverride: Invalid value: "": {SUBDOMAIN}']),
    # DNS.
    (
        {"dnsPolicy": "None"},
        ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
    ),
    (
        {"dnsPolicy": "None", "dnsConfig": {"options": [{}]}},
        [
            "spec.dnsConfig.nameservers: Required value: must provide at least one DNS "
            "nameserver when `dnsPolicy` is None"
        ],
    ),
    (
        {"dnsConfig": {"nameservers": ["1.1.1.1", "x", "1.1.1.01", "::ffff:1.2.3.4"]}},
        [
            "spec.dnsConfig.nameservers: Invalid value: "
            '["1.1.1.1","x","1.1.1.01","::ffff:1.2.3.4"]: must not have more than 3 nameservers',
            'spec.dnsConfig.nameservers[1]: Invalid value: "x": must be a valid IP address, '
            "(e.g. 10.9.8.7 or 2001:db8::ffff)",
            'spec.dnsConfig.nameservers[2]: Invalid value: "1.1.1.01": must not have leading 0s',
            'spec.dnsConfig.nameservers[3]: Invalid value: "::ffff:1.2.3.4": must not be an '
            "IPv4-mapped IPv6 address",
        ],
    ),
    ({"dnsConfig": {"searches": [".", "_a.b_c.", "x.y"]}}, []),
    (
        {"dnsConfig": {"searches": ["A"], "options": [{"name": "ndots"}, {"value": "1"}]}},
        [
            'spec.dnsConfig.searches[0]: Invalid value: "A": a lowercase RFC 1123 subdomain '
            "must consist of lower case alphanumeric characters, '_', '-' or '.', and must "
            "start and end with an alphanumeric character (e.g. 'example.com', regex used for "
            r"validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
            r"(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')",
            "spec.dnsConfig.options[1]: Required value: must not be empty",
        ],
    ),
    (
        {"dnsConfig": {"searches": ["a" * 250] * 9}},
        ["spec.dnsConfig.searches: Invalid value"],
    ),
    ({"dnsConfig": {"searches": ["a"] * 33}}, ["spec.dnsConfig.searches: Invalid value"]),
    # Host aliases.
    (
        {"hostAliases": [{"ip": "1.2.3", "hostnames": ["a", "B"]}]},
        [
            'spec.hostAliases[0].ip: Invalid value: "1.2.3": must be a valid IP address, '
            "(e.g. 10.9.8.7 or 2001:db8::ffff)",
            f'spec.hostAliases[0].hostnames: Invalid value: "B": {SUBDOMAIN}',
        ],
    ),
    # Gates.
    (
        {"readinessGates": [{"conditionType": ""}]},
        [
            f'spec.readinessGates[0].conditionType: Invalid value: "": {NO_NAME_PART}',
            f'spec.readinessGates[0].conditionType: Invalid value: "": {QUALIFIED}',
        ],
    ),
    (
        {"schedulingGates": [{"name": "a"}, {"name": "a"}, {"name": "-"}]},
        [
            'spec.schedulingGates[1]: Duplicate value: "a"',
            f'spec.schedulingGates[2]: Invalid value: "-": {QUALIFIED}',
        ],
    ),
    (
        {"schedulingGates": [{"name": "a"}], "nodeName": "n"},
        ["spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"],
    ),
    # Overhead is judged as limits are.
    (
        {"overhead": {"cpu": "-1"}},
        [
            'spec.overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
        ],
    ),
    # The host's network and users.
    (
        {
            "hostNetwork": True,
            "containers": [
                {"name": "c", "image": "i", "ports": [{"containerPort": 1, "hostPort": 2}]}
            ],
        },
        [
            "spec.containers[0].ports[0].hostPort: Invalid value: 2: must match "
            "`containerPort` when `hostNetwork` is true"
        ],
    ),
    (
        {"hostUsers": False, "hostNetwork": True, "hostPID": True, "hostIPC": True},
        [
            "spec.hostNetwork: Forbidden: when `hostUsers` is false",
            "spec.HostPID: Forbidden: when `hostUsers` is false",
            "spec.HostIPC: Forbidden: when `hostUsers` is false",
        ],
    ),
    (
        {
            "hostUsers": False,
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "x"}}],
            "containers": [
                {
                    "name": "c",
                    "image": "i",
                    "volumeDevices": [{"name": "v", "devicePath": "/d"}],
                }
            ],
        },
        ["spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false"],
    ),
    # Ephemeral containers come later.
    (
        {
            "ephemeralContainers": [
                {"name": "e", "image": "i", "terminationMessagePolicy": "File"},
            ]
        },
        ["spec.ephemeralContainers: Forbidden: cannot be set on create"],
    ),
    # Claims of resources.
    (
        {
            "resourceClaims": [
                {"name": ""},
                {"name": "a", "resourceClaimName": "x"},
                {"name": "a", "resourceClaimName": "X"},
                {"name": "B", "resourceClaimName": "x", "resourceClaimTemplateName": "y"},
            ]
        },
        [
            "spec.resourceClaims[0].name: Required value",
            "spec.resourceClaims[0]: Invalid value: "
            '{"Name":"","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must '
            "specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
            'spec.resourceClaims[2].name: Duplicate value: "a"',
            f'spec.resourceClaims[2].resourceClaimName: Invalid value: "X": {SUBDOMAIN}',
            f'spec.resourceClaims[3].name: Invalid value: "B": {LABEL}',
            "spec.resourceClaims[3]: Invalid value: "
            '{"Name":"B","ResourceClaimName":"x","ResourceClaimTemplateName":"y"}: at most '
            "one of `resourceClaimName` or `resourceClaimTemplateName` may be specified",
        ],
    ),
    # Resources of the Pod as a whole.
    (
        {
            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m"}},
            "containers": [
                {
                    "name": "c",
                    "image": "i",
                    "resources": {"requests": {"cpu": "200m"}, "limits": {"memory": "2Gi"}},
                }
            ],
        },
        [
            'spec.resources.requests: Invalid value: "2Gi": must be less than or equal to '
            "memory limit of 1Gi",
            'spec.resources.requests[cpu]: Invalid value: "100m": must be greater than or equal '
            "to aggregate container requests of 200m",
            'spec.resources.containers[0][memory].limits: Invalid value: "2Gi": must be less '
            "than or equal to pod limits of 1Gi",
        ],
    ),
    (
        {"resources": {"limits": {"example.com/x": "1"}}},
        [
            'spec.resources.limits[example.com/x]: Unsupported value: "example.com/x": '
            'supported values: "cpu", "hugepages-", "memory"',
        ],
    ),
    (
        {"os": {"name": "windows"}, "resources": {"limits": {"cpu": "1"}}},
        ["spec.resources: Forbidden: may not be set for a windows pod"],
    ),
    # Security of the Pod.
    (
        {
            "securityContext": {
                "fsGroup": -1,
                "runAsUser": 2**31,
                "runAsGroup": -2,
                "supplementalGroups": [1, -3],
            }
        },
        [
            f"spec.securityContext.fsGroup: Invalid value: -1: {IDS}",
            f"spec.securityContext.runAsUser: Invalid value: 2147483648: {IDS}",
            f"spec.securityContext.runAsGroup: Invalid value: -2: {IDS}",
            f"spec.securityContext.supplementalGroups[1]: Invalid value: -3: {IDS}",
        ],
    ),
    (
        {"shareProcessNamespace": True, "hostPID": True},
        [
            "spec.securityContext.shareProcessNamespace: Invalid value: true: "
            "ShareProcessNamespace and HostPID cannot both be enabled"
        ],
    ),
    (
        {
            "hostNetwork": True,
            "hostIPC": True,
            "securityContext": {
                "sysctls": [
                    {"name": "", "value": ""},
                    {"name": "A", "value": ""},
                    {"name": "net.x", "value": ""},
                    {"name": "kernel/shm_rmid", "value": ""},
                    {"name": "vm.x", "value": ""},
                    {"name": "vm.x", "value": ""},
                ]
            },
        },
        [
            "spec.securityContext.sysctls[0].name: Required value",
            'spec.securityContext.sysctls[1].name: Invalid value: "A": must have at most 253 '
            r"characters and match regex ([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]"
            "([-_a-z0-9]*[a-z0-9])?",
            'spec.securityContext.sysctls[2].name: Invalid value: "net.x": may not be specified '
            "when 'hostNetwork' is true",
            'spec.securityContext.sysctls[3].name: Invalid value: "kernel/shm_rmid": may not be '
            "specified when 'hostIPC' is true",
            'spec.securityContext.sysctls[5].name: Duplicate value: "vm.x"',
        ],
    ),
    (
        {
            "securityContext": {
                "fsGroupChangePolicy": "x",
                "seccompProfile": {"type": "RuntimeDefault", "localhostProfile": "a"},
                "appArmorProfile": {"type": "Localhost"},
                "supplementalGroupsPolicy": "x",
                "seLinuxChangePolicy": "x",
            }
        },
        [
            'spec.securityContext.fsGroupChangePolicy: Unsupported value: "x": supported '
            'values: "Always", "OnRootMismatch"',
            "spec.securityContext.seccompProfile.localhostProfile: Invalid value: "
            '{"Type":"RuntimeDefault","LocalhostProfile":"a"}: can only be set when seccomp '
            "type is Localhost",
            "spec.securityContext.appArmorProfile.localhostProfile: Required value: must be "
            "set when AppArmor type is Localhost",
            'spec.securityContext.supplementalGroupsPolicy: Unsupported value: "x": supported '
            'values: "Merge", "Strict"',
            'spec.securityContext.seLinuxChangePolicy: Unsupported value: "x": supported '
            'values: "MountOption", "Recursive"',
        ],
    ),
    # Operating systems.
    ({"os": {"name": ""}}, ["spec.os.name: Required value: cannot be empty"]),
    (
        {"os": {"name": "mac"}},
        ['spec.os: Unsupported value: "mac": supported values: "linux", "windows"'],
    ),
    (
        {"os": {"name": "linux"}, "securityContext": {"windowsOptions": {}}},
        [
            "spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for "
            "a linux pod"
        ],
    ),
    (
        {
            "os": {"name": "windows"},
            "hostPID": True,
            "hostUsers": True,
            "securityContext": {"runAsUser": 1, "sysctls": [{"name": "a", "value": "b"}]},
        },
        [
            "spec.hostUsers: Forbidden: cannot be set for a windows pod",
            "spec.hostPID: Forbidden: cannot be set for a windows pod",
            "spec.securityContext.sysctls: Forbidden: cannot be set for a windows pod",
            "spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod",
        ],
    ),
    # Files with variables.
    (
        {
            "volumes": [{"name": "h", "hostPath": {"path": "/x"}}],
            "containers": [
                {
                    "name": "c",
                    "image": "i",
                    "env": [
                        {
                            "name": name,
                            "valueFrom": {
                                "fileKeyRef": {"volumeName": volume, "path": "f", "key": "K"}
                            },
                        }
                        for name, volume in (("A", "gone"), ("B", "h"))
                    ],
                }
            ],
        },
        [
            'spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Not found: "gone"',
            "spec.containers[0].env[1].valueFrom.fileKeyRef.volumeName: Invalid value: "
            '"h": referenced volume must be of type emptyDir',
        ],
    ),
]


@pytest.mark.parametrize(("spec", "expected"), SPEC_CASES)
def test_a_specification_is_judged_in_the_words_of_the_api_server(
    spec: dict[str, Any], expected: list[str]
) -> None:
    found = spec_complaints(spec)
    assert len(found) == len(expected), found
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start), found


def test_nothing_but_the_grace_period_is_required_of_an_otherwise_empty_time() -> None:
    pod = made()
    pod.spec.termination_grace_period_seconds = None
    assert complaints(pod) == ["spec.terminationGracePeriodSeconds: Required value"]


def test_static_pods_get_no_resource_claims() -> None:
    meta = {"annotations": {"kubernetes.io/config.mirror": "x"}}
    pod = made({"nodeName": "n", "resourceClaims": [{"name": ""}]}, meta=meta)
    assert complaints(pod) == ["[]: Forbidden: static pods do not support resource claims"]


@pytest.mark.parametrize(
    ("user", "complaint"),
    [
        ("ContainerAdmin", ""),
        ("NT AUTHORITY\\Local Service", "Domain doesn't match the NetBios nor the DNS format"),
        ("corp.example\\me", ""),
        ("", "cannot be an empty string"),
        ("a\tb", "cannot contain control characters"),
        ("a\\b\\c", "cannot contain more than one backslash"),
        ("a" * 256 + "\\b", "Domain length must be under 256 characters"),
        ("corp\\", "User cannot be empty"),
        ("a" * 105, "User length must not be longer than 104 characters"),
        (". .", "User cannot contain only periods or spaces"),
        ("a*", "User cannot contain the following characters"),
    ],
)
def test_users_of_windows_are_judged(user: str, complaint: str) -> None:
    found = spec_complaints({"securityContext": {"windowsOptions": {"runAsUserName": user}}})
    if user.startswith("NT AUTHORITY"):
        complaint = ""  # fits the NetBIOS form: a space is fine there
    assert (complaint in found[0]) if complaint else (found == []), found


def test_windows_credentials_are_judged() -> None:
    options = {"gmsaCredentialSpecName": "A", "gmsaCredentialSpec": ""}
    found = spec_complaints({"securityContext": {"windowsOptions": options}})
    path = "spec.securityContext.windowsOptions"
    assert found == [
        f'{path}.gmsaCredentialSpecName: Invalid value: "A": {SUBDOMAIN}',
        f'{path}.gmsaCredentialSpec: Invalid value: "": gmsaCredentialSpec cannot be an empty '
        "string",
    ]
    large = {"gmsaCredentialSpec": "x" * (64 * 1024 + 1)}
    (line,) = spec_complaints({"securityContext": {"windowsOptions": large}})
    assert line.endswith("gmsaCredentialSpec size must be under 64 KiB")


def test_host_process_is_for_all_containers_or_none() -> None:
    def host(value: bool) -> dict[str, Any]:
        return {"windowsOptions": {"hostProcess": value}}

    containers = [
        {"name": "a", "image": "i", "securityContext": host(True)},
        {"name": "b", "image": "i", "securityContext": host(False)},
    ]
    found = spec_complaints({"containers": containers, "securityContext": host(True)})
    assert found == [
        "spec.containers[1].securityContext.windowsOptions.hostProcess: Invalid value: false: "
        "pod hostProcess value must be identical if both are specified, was true",
        'spec: Invalid value: "": If pod contains any hostProcess containers then all '
        "containers must be HostProcess containers",
        "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any "
        "hostProcess containers",
        "spec: Forbidden: hostProcess containers are disallowed by cluster policy",
    ]
    fine = spec_complaints({"securityContext": host(True), "hostNetwork": True}, privileged=True)
    assert fine == []
