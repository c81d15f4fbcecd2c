"""Deployments, and their scale."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from kinds import SCHEME, causes, cells, made

from kregistry.core.apps_v1 import Deployment
from kregistry.core.autoscaling_v1 import Scale
from kregistry.core.deployment import DeploymentStorage
from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Conflict, Invalid, NotFound
from kregistry.meta.intstr import IntOrString
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import UpdateOptions
from kregistry.registry import DefaultUpdatedObjectInfo
from kregistry.storage import Interface

SPEC: dict[str, Any] = {
    "selector": {"matchLabels": {"a": "b"}},
    "template": {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    },
}


@pytest.fixture
def deployments(storage: Interface[Object], clock: Clock) -> DeploymentStorage:
    return DeploymentStorage(storage, clock=clock)


def deployment(**spec: Any) -> Deployment:
    return made(Deployment, spec={**copy.deepcopy(SPEC), **spec})


def test_what_is_left_open_is_filled_in() -> None:
    filled = deployment()
    spec, pod = filled.spec, filled.spec.template.spec
    assert (spec.replicas, spec.revision_history_limit, spec.progress_deadline_seconds) == (
        1,
        10,
        600,
    )
    assert spec.strategy.rolling_update is not None
    assert spec.strategy.rolling_update.max_surge == IntOrString("25%")
    assert (pod.restart_policy, pod.containers[0].image_pull_policy) == ("Always", "Always")
    assert pod.enable_service_links is None
    again = copy.deepcopy(filled)
    SCHEME.set_defaults(again)
    assert again == filled
    assert deployment(strategy={"type": "Recreate"}).spec.strategy.rolling_update is None


def test_spec_and_annotations_count_but_labels_and_status_do_not(
    deployments: DeploymentStorage, ctx: Context
) -> None:
    sent = deployment()
    sent.status.replicas = 9
    stored = deployments.deployment.create(ctx, sent)
    assert (stored.metadata.generation, stored.status.replicas) == (1, 0)
    stored.metadata.labels["x"] = "y"
    stored.status.replicas = 9
    stored = deployments.deployment.replace(ctx, stored)
    assert (stored.metadata.generation, stored.status.replicas) == (1, 0)
    stored.metadata.annotations["x"] = "y"
    stored = deployments.deployment.replace(ctx, stored)
    assert stored.metadata.generation == 2
    stored.spec.replicas = 3
    stored = deployments.deployment.replace(ctx, stored)
    assert stored.metadata.generation == 3
    stored.spec.replicas = 4
    stored.status.replicas = 2
    stored.metadata.labels["x"] = "z"
    stored = deployments.status.replace(ctx, stored)
    assert (stored.metadata.generation, stored.spec.replicas, stored.status.replicas) == (3, 3, 2)
    assert stored.metadata.labels == {"x": "y"}


AT = "spec.template.spec"


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        (
            {"replicas": -1},
            ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            {"selector": None},
            [
                "spec.selector: Required value",
                'spec.template.metadata.labels: Invalid value: {"a":"b"}: '
                "`selector` does not match template `labels`",
            ],
        ),
        (
            {"selector": {}},
            ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
        ),
        (
            {
                "selector": {"matchExpressions": [{"key": "a", "operator": "Like"}]},
                "template": {},
            },
            [
                'spec.selector.matchExpressions[0].operator: Invalid value: "Like": '
                "not a valid selector operator",
                'spec.selector: Invalid value: {"matchExpressions":[{"key":"a",'
                '"operator":"Like"}]}: invalid label selector',
            ],
        ),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "5"}}},
            [
                'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "5": a valid percent '
                "string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', "
                "regex used for validation is '[0-9]+%')"
            ],
        ),
        (
            {"selector": {"matchLabels": {"a": "c"}}},
            [
                'spec.template.metadata.labels: Invalid value: {"a":"b"}: '
                "`selector` does not match template `labels`"
            ],
        ),
        (
            {"strategy": {"type": "Recreate", "rollingUpdate": {}}},
            [
                "spec.strategy.rollingUpdate: Forbidden: "
                "may not be specified when strategy `type` is 'Recreate'"
            ],
        ),
        (
            {"strategy": {"type": "Hope"}},
            [
                'spec.strategy.type: Unsupported value: "Hope": '
                'supported values: "Recreate", "RollingUpdate"'
            ],
        ),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}},
            [
                'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": '
                "may not be 0 when `maxSurge` is 0"
            ],
        ),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": -1, "maxUnavailable": "101%"}}},
            [
                "spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: "
                "must be greater than or equal to 0",
                'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": '
                "must not be greater than 100%",
            ],
        ),
        (
            {"minReadySeconds": 600, "revisionHistoryLimit": -1},
            [
                "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
                "spec.progressDeadlineSeconds: Invalid value: 600: "
                "must be greater than minReadySeconds",
            ],
        ),
    ],
)
def test_a_specification_makes_sense(
    deployments: DeploymentStorage, ctx: Context, spec: dict[str, Any], wanted: list[str]
) -> None:
    sent = deployment(**spec)
    assert causes(lambda: deployments.deployment.create(ctx, sent)) == wanted


@pytest.mark.parametrize(
    ("pod", "wanted"),
    [
        ({"containers": []}, [f"{AT}.containers: Required value"]),
        (
            {"restartPolicy": "Never"},
            [f'{AT}.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
        ),
        (
            {"activeDeadlineSeconds": 5},
            [
                f"{AT}.activeDeadlineSeconds: Forbidden: "
                "activeDeadlineSeconds in ReplicaSet is not Supported"
            ],
        ),
    ],
)
def test_pods_of_the_template_can_run_for_ever(
    deployments: DeploymentStorage, ctx: Context, pod: dict[str, Any], wanted: list[str]
) -> None:
    spec = copy.deepcopy(SPEC)
    spec["template"]["spec"].update(pod)
    sent = made(Deployment, spec=spec)
    assert causes(lambda: deployments.deployment.create(ctx, sent)) == wanted


def test_the_selector_is_for_ever(deployments: DeploymentStorage, ctx: Context) -> None:
    deployments.deployment.create(ctx, deployment())
    changed = deployment(selector={"matchExpressions": [{"key": "a", "operator": "Exists"}]})
    assert causes(lambda: deployments.deployment.replace(ctx, changed)) == [
        'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"Exists"}]}: '
        "field is immutable"
    ]


def test_a_status_makes_sense(deployments: DeploymentStorage, ctx: Context) -> None:
    stored = deployments.deployment.create(ctx, deployment())
    stored.status.collision_count = 2
    stored = deployments.status.replace(ctx, stored)
    stored.status.collision_count = 1
    stored.status.ready_replicas = 1
    stored.status.available_replicas = 2
    stored.status.terminating_replicas = -1
    assert causes(lambda: deployments.status.replace(ctx, stored)) == [
        "status.terminatingReplicas: Invalid value: -1: must be greater than or equal to 0",
        "status.readyReplicas: Invalid value: 1: cannot be greater than status.replicas",
        "status.availableReplicas: Invalid value: 2: cannot be greater than status.replicas",
        "status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas",
        "status.collisionCount: Invalid value: 1: cannot be decremented",
    ]
    stored = deployments.status.get(ctx, "a")
    stored.status.collision_count = None
    assert causes(lambda: deployments.status.replace(ctx, stored)) == [
        "status.collisionCount: Invalid value: 0: cannot be decremented"
    ]


def test_a_name_that_suits_no_pod_is_warned_of(deployments: DeploymentStorage) -> None:
    ctx = Context(namespace="default")
    sent = deployment()
    sent.metadata.name = "web.v1"
    deployments.deployment.create(ctx, sent)
    assert ctx.warnings == [
        "metadata.name: this is used in Pod names and hostnames, which can result in "
        "surprising behavior; a DNS label is recommended: [must not contain dots]"
    ]


def test_a_scale_is_the_size_of_the_deployment(
    deployments: DeploymentStorage, ctx: Context
) -> None:
    stored = deployments.deployment.create(ctx, deployment(replicas=2))
    scale = deployments.scale.get(ctx, "a")
    assert (scale.spec.replicas, scale.status.replicas, scale.status.selector) == (2, 0, "a=b")
    assert scale.metadata == ObjectMeta(
        name="a",
        namespace="default",
        uid=stored.metadata.uid,
        resource_version=stored.metadata.resource_version,
        creation_timestamp=stored.metadata.creation_timestamp,
    )
    table = deployments.scale.convert_to_table(scale)
    assert [column.name for column in table.column_definitions] == [
        "Name",
        "Desired",
        "Available",
        "Age",
    ]
    assert table.rows[0].cells == ["a", 2, 0, "0s"]


def test_a_new_scale_changes_replicas_and_nothing_else(
    deployments: DeploymentStorage, ctx: Context
) -> None:
    stored = deployments.deployment.create(ctx, deployment())
    scale = deployments.scale.get(ctx, "a")
    scale.spec.replicas = 5
    scale.metadata.labels["ignored"] = "yes"
    updated = deployments.scale.update(ctx, "a", DefaultUpdatedObjectInfo(scale))
    assert not updated.created
    assert updated.obj.spec.replicas == 5
    after = deployments.deployment.get(ctx, "a")
    assert (after.spec.replicas, after.metadata.generation) == (5, 2)
    assert after.metadata.labels == {}
    assert after.spec.template == stored.spec.template
    with pytest.raises(Conflict, match="object has been modified"):
        deployments.scale.update(ctx, "a", DefaultUpdatedObjectInfo(scale))
    scale.metadata.resource_version = ""
    assert deployments.scale.update(ctx, "a", DefaultUpdatedObjectInfo(scale)).obj.spec == (
        scale.spec
    )


def test_a_scale_can_be_rehearsed_checked_and_modified(
    deployments: DeploymentStorage, ctx: Context
) -> None:
    deployments.deployment.create(ctx, deployment())

    def double(scale: Scale) -> None:
        scale.spec.replicas = scale.spec.replicas * 2 or 1

    rehearsed = deployments.scale.modify(ctx, "a", double, options=UpdateOptions(dry_run=("All",)))
    assert rehearsed.spec.replicas == 2
    assert deployments.scale.get(ctx, "a").spec.replicas == 1
    assert deployments.scale.modify(ctx, "a", double).spec.replicas == 2
    seen = []

    def veto(ctx: Context, new: Scale, old: Scale) -> None:
        seen.append((new.spec.replicas, old.spec.replicas))
        raise BadRequest("no")

    info = DefaultUpdatedObjectInfo(Scale(metadata=ObjectMeta(name="a", namespace="default")))
    with pytest.raises(BadRequest):
        deployments.scale.update(ctx, "a", info, update_validation=veto)
    assert seen == [(0, 2)]


def test_a_wrong_scale_is_refused(deployments: DeploymentStorage, ctx: Context) -> None:
    deployments.deployment.create(ctx, deployment())
    scale = deployments.scale.get(ctx, "a")
    scale.spec.replicas = -1
    with pytest.raises(Invalid) as caught:
        deployments.scale.update(ctx, "a", DefaultUpdatedObjectInfo(scale))
    assert caught.value.status.message == (
        'Scale.autoscaling "a" is invalid: spec.replicas: Invalid value: -1: '
        "must be greater than or equal to 0"
    )
    scale.spec.replicas = "many"  # type: ignore[assignment]
    assert causes(lambda: deployments.scale.update(ctx, "a", DefaultUpdatedObjectInfo(scale))) == [
        'spec.replicas: Invalid value: "many": must be an integer'
    ]


def test_a_scale_of_another_or_of_no_deployment_is_refused(
    deployments: DeploymentStorage, ctx: Context
) -> None:
    with pytest.raises(NotFound) as missing:
        deployments.scale.get(ctx, "a")
    assert missing.value.status.message == 'deployments/scale.apps "a" not found'
    with pytest.raises(NotFound):
        deployments.scale.modify(ctx, "a", lambda scale: scale)
    deployments.deployment.create(ctx, deployment())

    def another(scale: Scale) -> None:
        scale.metadata.uid = "another"

    with pytest.raises(Conflict) as caught:
        deployments.scale.modify(ctx, "a", another)
    assert "Precondition failed: UID in precondition: another" in caught.value.status.message


def test_the_row_of_a_deployment(deployments: DeploymentStorage, ctx: Context) -> None:
    stored = deployments.deployment.create(ctx, deployment(replicas=3))
    assert cells(deployments.deployment, stored) == {
        "Name": "a",
        "Ready": "0/3",
        "Up-to-date": 0,
        "Available": 0,
        "Age": "0s",
        "Containers": "c",
        "Images": "i",
        "Selector": "a=b",
    }
    assert set(deployments.rest_storage_map()) == {
        "deployments",
        "deployments/status",
        "deployments/scale",
    }
