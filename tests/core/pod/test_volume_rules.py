"""Rules for volumes: thirty kinds, and each says what it needs."""

from __future__ import annotations

from typing import Any

import pytest
from podsamples import LABEL, MODE, SUBDOMAIN, complaints, made, spec_complaints

LARGE_ITEM = {"key": "", "path": "../x", "mode": 0o1000}


def volume_complaints(*volumes: dict[str, Any], **spec: Any) -> list[str]:
    return [
        line.removeprefix("spec.")
        for line in spec_complaints({"volumes": list(volumes), "serviceAccountName": "s", **spec})
    ]


FINE: dict[str, dict[str, Any]] = {
    "emptyDir": {"sizeLimit": "1Gi"},
    "hostPath": {"path": "/x", "type": "Directory"},
    "gitRepo": {"repository": "r", "directory": "a/b"},
    "gcePersistentDisk": {"pdName": "x", "partition": 255},
    "awsElasticBlockStore": {"volumeID": "x", "partition": 0},
    "secret": {"secretName": "s", "items": [{"key": "k", "path": "a/b", "mode": 0o777}]},
    "nfs": {"server": "s", "path": "/p"},
    "iscsi": {
        "targetPortal": "t",
        "iqn": "iqn.2015-02.example.com:test",
        "lun": 1,
        "initiatorName": "eui.0123456789ABCDEF",
    },
    "glusterfs": {"endpoints": "e", "path": "p"},
    "flocker": {"datasetName": "d"},
    "persistentVolumeClaim": {"claimName": "c"},
    "rbd": {"monitors": ["m"], "image": "i"},
    "cinder": {"volumeID": "v", "secretRef": {"name": "s"}},
    "cephfs": {"monitors": ["m"]},
    "quobyte": {"registry": "a:1,[::1]:2", "volume": "v"},
    "downwardAPI": {
        "items": [
            {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
            {"path": "cpu", "resourceFieldRef": {"containerName": "c", "resource": "limits.cpu"}},
        ]
    },
    "fc": {"targetWWNs": ["w"], "lun": 255},
    "flexVolume": {"driver": "d", "options": {"example.com/x": "y"}},
    "configMap": {"name": "c", "defaultMode": 0},
    "azureFile": {"secretName": "s", "shareName": "n"},
    "vsphereVolume": {"volumePath": "p"},
    "photonPersistentDisk": {"pdID": "p"},
    "portworxVolume": {"volumeID": "v"},
    "azureDisk": {"diskName": "d", "diskURI": "https://x"},
    "storageos": {"volumeName": "v", "volumeNamespace": "n"},
    "projected": {
        "sources": [
            {"serviceAccountToken": {"path": "token"}},
            {"secret": {"name": "s", "items": [{"key": "k", "path": "p"}]}},
        ]
    },
    "scaleIO": {"gateway": "g", "system": "s", "volumeName": "v", "secretRef": {"name": "x"}},
    "csi": {"driver": "Example.com", "nodePublishSecretRef": {"name": "s"}},
    "ephemeral": {
        "volumeClaimTemplate": {
            "metadata": {"labels": {"a": "b"}},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Gi"}},
            },
        }
    },
    "image": {"reference": "r"},
}


@pytest.mark.parametrize("kind", FINE)
def test_a_complete_volume_of_every_kind_is_fine(kind: str) -> None:
    assert volume_complaints({"name": "v", kind: FINE[kind]}) == []


def test_there_are_thirty_kinds() -> None:
    assert len(FINE) == 30


def missing(path: str, *fields: str) -> list[str]:
    return [f"{path}.{field}: Required value" for field in fields]


#: Per kind: an incomplete or wrong volume, and what is said about it, below ``volumes[0]``.
WRONG: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "emptyDir",
        {"sizeLimit": "-1"},
        ["emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity"],
    ),
    ("hostPath", {"path": ""}, missing("hostPath", "path")),
    (
        "hostPath",
        {"path": "/a/../b", "type": "Pipe"},
        [
            "hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
            'hostPath.type: Unsupported value: "Pipe": supported values: "", "BlockDevice", '
            '"CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
        ],
    ),
    (
        "gitRepo",
        {"repository": "", "directory": "/x"},
        [
            "gitRepo.repository: Required value",
            'gitRepo.directory: Invalid value: "/x": must be a relative path',
        ],
    ),
    (
        "gcePersistentDisk",
        {"pdName": "", "partition": 256},
        [
            "persistentDisk.pdName: Required value",
            "persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive",
        ],
    ),
    (
        "awsElasticBlockStore",
        {"volumeID": "", "partition": -1},
        [
            "awsElasticBlockStore.volumeID: Required value",
            "awsElasticBlockStore.partition: Invalid value: -1: must be between 1 and 255, "
            "inclusive",
        ],
    ),
    (
        "secret",
        {"defaultMode": -1, "items": [LARGE_ITEM, {"key": "k", "path": "..x"}]},
        [
            "secret.secretName: Required value",
            f"secret.defaultMode: Invalid value: -1: {MODE}",
            "secret.items[0].key: Required value",
            "secret.items[0].path: Invalid value: \"../x\": must not contain '..'",
            f"secret.items[0].mode: Invalid value: 512: {MODE}",
            "secret.items[1].path: Invalid value: \"..x\": must not start with '..'",
        ],
    ),
    (
        "configMap",
        {"items": [{"key": "k", "path": ""}, {"key": "k", "path": "/a"}]},
        [
            "configMap.name: Required value",
            "configMap.items[0].path: Required value",
            'configMap.items[1].path: Invalid value: "/a": must be a relative path',
        ],
    ),
    (
        "nfs",
        {"server": "", "path": "p"},
        [
            "nfs.server: Required value",
            'nfs.path: Invalid value: "p": must be an absolute path',
        ],
    ),
    (
        "iscsi",
        {"targetPortal": "", "iqn": "", "lun": 256, "chapAuthSession": True},
        [
            "iscsi.targetPortal: Required value",
            "iscsi.iqn: Required value",
            "iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive",
            "iscsi.secretRef: Required value",
        ],
    ),
    (
        "iscsi",
        {"targetPortal": "t" * 63, "iqn": "x", "lun": 0, "initiatorName": "iqn.bad"},
        [
            'iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa',
            'iscsi.initiatorname: Invalid value: "iqn.bad": must be valid format',
            'name: Invalid value: "v": Total length of <volume name>:<iscsi.targetPortal> must be '
            "under 64 characters if iscsi.initiatorName is specified.",
        ],
    ),
    ("glusterfs", {"endpoints": "", "path": ""}, missing("glusterfs", "endpoints", "path")),
    ("flocker", {}, ["flocker: Required value: one of datasetName and datasetUUID is required"]),
    (
        "flocker",
        {"datasetName": "a/b", "datasetUUID": "u"},
        [
            'flocker: Invalid value: "resource": datasetName and datasetUUID can not be specified '
            "simultaneously",
            "flocker.datasetName: Invalid value: \"a/b\": must not contain '/'",
        ],
    ),
    ("persistentVolumeClaim", {"claimName": ""}, missing("persistentVolumeClaim", "claimName")),
    ("rbd", {"monitors": [], "image": ""}, missing("rbd", "monitors", "image")),
    (
        "cinder",
        {"volumeID": "", "secretRef": {}},
        missing("cinder", "volumeID", "secretRef.name"),
    ),
    ("cephfs", {"monitors": []}, missing("cephfs", "monitors")),
    (
        "quobyte",
        {"registry": "", "volume": ""},
        [
            "quobyte.registry: Required value: must be a host:port pair or multiple pairs "
            "separated by commas",
            "quobyte.volume: Required value",
        ],
    ),
    (
        "quobyte",
        {"registry": "a:1,b", "volume": "v"},
        [
            'quobyte.registry: Invalid value: "a:1,b": must be a host:port pair or multiple pairs '
            "separated by commas",
        ],
    ),
    (
        "downwardAPI",
        {
            "defaultMode": 0o1000,
            "items": [
                {"path": ""},
                {"path": "a", "fieldRef": {"fieldPath": "status.podIP"}},
                {"path": "b", "resourceFieldRef": {"resource": "limits.cpu"}},
                {
                    "path": "c",
                    "fieldRef": {"fieldPath": "metadata.name"},
                    "resourceFieldRef": {"resource": "limits.cpu"},
                },
            ],
        },
        [
            f"downwardAPI.defaultMode: Invalid value: 512: {MODE}",
            "downwardAPI.path: Required value",
            "downwardAPI: Required value: one of fieldRef and resourceFieldRef is required",
            'downwardAPI.fieldRef.fieldPath: Unsupported value: "status.podIP": supported values: '
            '"metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", '
            '"metadata.uid"',
            "downwardAPI.resourceFieldRef.containerName: Required value",
            'downwardAPI: Invalid value: "resource": fieldRef and resourceFieldRef can not be '
            "specified simultaneously",
        ],
    ),
    (
        "fc",
        {},
        ["fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both"],
    ),
    (
        "fc",
        {"targetWWNs": ["a"], "wwids": ["b"]},
        [
            'fc.targetWWNs: Invalid value: ["a"]: targetWWNs and wwids can not be specified '
            "simultaneously",
            "fc.lun: Required value: lun is required if targetWWNs is specified",
        ],
    ),
    (
        "flexVolume",
        {"driver": "", "options": {"Kubernetes.io/x": "a", "k8s.io/y": "b"}},
        [
            "flexVolume.driver: Required value",
            'flexVolume.options[Kubernetes.io/x]: Invalid value: "a": kubernetes.io and k8s.io '
            "namespaces are reserved",
            'flexVolume.options[k8s.io/y]: Invalid value: "b": kubernetes.io and k8s.io '
            "namespaces are reserved",
        ],
    ),
    (
        "azureFile",
        {"secretName": "", "shareName": ""},
        missing("azureFile", "secretName", "shareName"),
    ),
    ("vsphereVolume", {"volumePath": ""}, missing("vsphereVolume", "volumePath")),
    ("photonPersistentDisk", {"pdID": ""}, missing("photonPersistentDisk", "pdID")),
    ("portworxVolume", {"volumeID": ""}, missing("portworxVolume", "volumeID")),
    (
        "azureDisk",
        {"diskName": "", "diskURI": "x", "cachingMode": "y", "kind": "Managed"},
        [
            "azureDisk.diskName: Required value",
            'azureDisk.cachingMode: Unsupported value: "y": supported values: "None", "ReadOnly", '
            '"ReadWrite"',
            'azureDisk.diskURI: Unsupported value: "x": supported values: '
            '"/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/'
            'disks/{disk-id}"',
        ],
    ),
    ("storageos", {"secretRef": {}}, missing("storageos", "volumeName", "secretRef.name")),
    (
        "scaleIO",
        {"gateway": "", "system": "", "secretRef": None},
        missing("scaleIO", "gateway", "system", "volumeName"),
    ),
    (
        "csi",
        {"driver": "", "nodePublishSecretRef": {}},
        missing("csi", "driver", "nodePublishSecretRef.name"),
    ),
    ("csi", {"driver": "a" * 64}, ["csi.driver: Too long: may not be more than 63 bytes"]),
    ("csi", {"driver": "a_b"}, [f'csi.driver: Invalid value: "a_b": {SUBDOMAIN}']),
    ("ephemeral", {}, missing("ephemeral", "volumeClaimTemplate")),
    (
        "ephemeral",
        {
            "volumeClaimTemplate": {
                "metadata": {"name": "x", "labels": {"a": "b"}},
                "spec": {
                    "accessModes": ["ReadWriteOncePod", "ReadWriteMany", "Odd"],
                    "volumeMode": "Odd",
                    "storageClassName": "A",
                    "resources": {"requests": {"storage": "0"}},
                    "dataSource": {"kind": "Snapshot", "name": ""},
                },
            }
        },
        [
            "ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set",
            'ephemeral.volumeClaimTemplate.spec.accessModes: Unsupported value: "Odd": supported '
            'values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
            "ephemeral.volumeClaimTemplate.spec.accessModes: Forbidden: may not use "
            "ReadWriteOncePod with other access modes",
            'ephemeral.volumeClaimTemplate.spec.resources[storage]: Invalid value: "0": must be '
            "greater than zero",
            f'ephemeral.volumeClaimTemplate.spec.storageClassName: Invalid value: "A": {SUBDOMAIN}',
            'ephemeral.volumeClaimTemplate.spec.volumeMode: Unsupported value: "Odd": supported '
            'values: "Block", "Filesystem"',
            "ephemeral.volumeClaimTemplate.spec.dataSource.name: Required value",
            'ephemeral.volumeClaimTemplate.spec.dataSource: Invalid value: "Snapshot": must be '
            "'PersistentVolumeClaim' when referencing the default apiGroup",
        ],
    ),
    ("image", {"reference": ""}, missing("image", "reference")),
    (
        "image",
        {"reference": "r", "pullPolicy": "x"},
        [
            'image.pullPolicy: Unsupported value: "x": supported values: "Always", '
            '"IfNotPresent", "Never"'
        ],
    ),
    (
        "projected",
        {
            "defaultMode": 0o1000,
            "sources": [
                {"secret": {"items": [{"key": "k", "path": "a"}]}, "configMap": {"name": "m"}},
                {"configMap": {"name": "n", "items": [{"key": "k", "path": "a"}]}},
                {"serviceAccountToken": {"path": "", "expirationSeconds": 599}},
                {"serviceAccountToken": {"path": "../t", "expirationSeconds": 2**32 + 1}},
            ],
        },
        [
            f"projected.defaultMode: Invalid value: 512: {MODE}",
            "projected.sources[0].secret.name: Required value",
            "projected.sources[0]: Forbidden: may not specify more than 1 volume type per source",
            'projected: Invalid value: "n": conflicting duplicate paths',
            "projected.sources[2].serviceAccountToken.expirationSeconds: Invalid value: 599: may "
            "not specify a duration less than 10 minutes",
            "projected.path: Required value",
            "projected.sources[3].serviceAccountToken.expirationSeconds: Invalid value: "
            "4294967297: may not specify a duration larger than 2^32 seconds",
            "projected.path: Invalid value: \"../t\": must not contain '..'",
        ],
    ),
]


@pytest.mark.parametrize(("kind", "source", "expected"), WRONG)
def test_a_volume_is_judged_in_the_words_of_the_api_server(
    kind: str, source: dict[str, Any], expected: list[str]
) -> None:
    found = volume_complaints({"name": "v", kind: source})
    assert [line.removeprefix("volumes[0].") for line in found] == expected


def test_every_kind_with_required_fields_has_a_wrong_example() -> None:
    assert {kind for kind, _, _ in WRONG} == set(FINE)


def test_a_volume_has_a_name_of_its_own() -> None:
    empty = {"emptyDir": {}}
    assert volume_complaints(
        {"name": "", **empty},
        {"name": "A", **empty},
        {"name": "v", **empty},
        {"name": "v", **empty},
    ) == [
        "volumes[0].name: Required value",
        f'volumes[1].name: Invalid value: "A": {LABEL}',
        'volumes[3].name: Duplicate value: "v"',
    ]


def test_a_volume_that_is_invalid_itself_takes_no_name_and_serves_no_mount() -> None:
    containers = [{"name": "c", "image": "i", "volumeMounts": [{"name": "v", "mountPath": "/a"}]}]
    found = volume_complaints(
        {"name": "v", "nfs": {"server": "s", "path": ""}}, containers=containers
    )
    assert found == [
        "volumes[0].nfs.path: Required value",
        'containers[0].volumeMounts[0].name: Not found: "v"',
    ]


def test_a_second_source_is_refused_by_its_name() -> None:
    sources = {
        kind: source
        for kind, source in FINE.items()
        if kind in ("emptyDir", "cephfs", "downwardAPI", "gcePersistentDisk")
    }
    assert volume_complaints({"name": "v", **sources}) == [
        f"volumes[0].{name}: Forbidden: may not specify more than 1 volume type"
        for name in ("gcePersistentDisk", "cephFS", "downwarAPI")
    ]


def test_a_volume_without_a_source_becomes_an_empty_directory_by_default_only() -> None:
    assert volume_complaints({"name": "v"}) == []
    pod = made({"volumes": [{"name": "v"}]})
    pod.spec.volumes[0].empty_dir = None
    assert complaints(pod) == ["spec.volumes[0]: Required value: must specify a volume type"]


def test_a_claim_made_for_the_pod_is_not_to_be_referred_to() -> None:
    found = volume_complaints(
        {"name": "e", "ephemeral": FINE["ephemeral"]},
        {"name": "v", "persistentVolumeClaim": {"claimName": "p-e"}},
    )
    assert found == [
        'volumes[1].persistentVolumeClaim.claimName: Invalid value: "p-e": must not reference a '
        "PVC that gets created for an ephemeral volume"
    ]


def test_a_token_needs_an_account() -> None:
    volume = {"name": "v", "projected": FINE["projected"]}
    assert volume_complaints(volume, serviceAccountName="") == [
        "volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified "
        "when serviceAccountName is not set"
    ]
