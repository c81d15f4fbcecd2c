"""Updates of Pods and their parts: what counts, what is kept, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from podfactory import create, pod, report

from kregistry.core.pod import PodStorage
from kregistry.core.v1 import EphemeralContainer, HostIP, Pod, PodCondition, PodIP
from kregistry.meta.context import Context
from kregistry.meta.errors import Invalid, NotAcceptable
from kregistry.meta.object import ObjectList
from kregistry.meta.objectmeta import OwnerReference
from kregistry.meta.options import DeleteOptions
from kregistry.meta.quantity import Quantity
from kregistry.meta.time import Time
from kregistry.testing.clock import FakeClock

MIRROR = {"annotations": {"kubernetes.io/config.mirror": "x"}}


def debugger(name: str = "debug", image: str = "i") -> EphemeralContainer:
    return EphemeralContainer(
        name=name,
        image=image,
        image_pull_policy="Always",
        termination_message_path="/dev/termination-log",
        termination_message_policy="File",
    )


def with_debugger(obj: Pod) -> None:
    obj.spec.ephemeral_containers.append(debugger())


@pytest.mark.case("RP42")
def test_an_ephemeral_container_can_be_added(pods: PodStorage, ctx: Context) -> None:
    before = create(pods, ctx)

    done = pods.ephemeral_containers.modify(ctx, "foo", with_debugger)

    assert [each.name for each in done.spec.ephemeral_containers] == ["debug"]
    assert done.metadata.generation == before.metadata.generation + 1


@pytest.mark.case("RP42")
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda obj: obj.spec.ephemeral_containers.clear(), "may not be removed"),
        (
            lambda obj: setattr(obj.spec.ephemeral_containers[0], "image", "other"),
            "may not be changed",
        ),
    ],
)
def test_an_ephemeral_container_stays_as_it_is(
    pods: PodStorage, ctx: Context, change: Callable[[Pod], object], complaint: str
) -> None:
    create(pods, ctx)
    pods.ephemeral_containers.modify(ctx, "foo", with_debugger)

    with pytest.raises(Invalid, match=complaint):
        pods.ephemeral_containers.modify(ctx, "foo", change)


@pytest.mark.case("RP42")
def test_a_static_pod_gets_no_ephemeral_container(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx, meta=MIRROR, nodeName="n")

    with pytest.raises(Invalid, match="static pods do not support ephemeral containers"):
        pods.ephemeral_containers.modify(ctx, "foo", with_debugger)


@pytest.mark.case("RP43", "RP51")
def test_what_else_an_update_of_ephemeral_containers_says_is_dropped(
    pods: PodStorage, ctx: Context
) -> None:
    before = create(pods, ctx, meta={"labels": {"a": "b"}}, status={"phase": "Running"})

    def all_at_once(obj: Pod) -> None:
        obj.metadata.labels = {"new": "label"}
        obj.metadata.annotations = {"new": "annotation"}
        obj.metadata.finalizers = ["x.io/new"]
        obj.spec.containers[0].image = "other"
        obj.spec.containers.append(pod().spec.containers[0])
        obj.spec.node_name = "n"
        obj.status.phase = "Failed"
        with_debugger(obj)

    done = pods.ephemeral_containers.modify(ctx, "foo", all_at_once)

    assert (done.metadata.labels, done.metadata.annotations) == ({"a": "b"}, {})
    assert done.metadata.finalizers == []
    assert (done.spec.containers, done.spec.node_name) == (before.spec.containers, "")
    assert done.status == before.status
    assert len(done.spec.ephemeral_containers) == 1


@pytest.mark.case("RP51")
def test_an_update_without_a_new_ephemeral_container_is_none(
    pods: PodStorage, ctx: Context
) -> None:
    before = create(pods, ctx)

    done = pods.ephemeral_containers.modify(
        ctx, "foo", lambda obj: obj.metadata.labels.update(a="b")
    )

    assert done == before


REQUESTS = {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}}


def sized(name: str = "c", **more: Any) -> dict[str, Any]:
    return {"name": name, "image": "i", "resources": REQUESTS, **more}


def cpu(obj: Pod, amount: str, *, index: int = 0) -> None:
    obj.spec.containers[index].resources.requests["cpu"] = Quantity(amount)


@pytest.mark.case("RP49")
def test_a_resize_changes_resources_and_nothing_else(pods: PodStorage, ctx: Context) -> None:
    before = create(pods, ctx, containers=[sized()], status={"phase": "Running"})

    def resize(obj: Pod) -> None:
        cpu(obj, "200m")
        obj.metadata.labels["new"] = "label"
        obj.spec.containers[0].image = "other"
        obj.spec.active_deadline_seconds = 7
        obj.status.phase = "Failed"

    done = pods.resize.modify(ctx, "foo", resize)

    assert done.spec.containers[0].resources.requests["cpu"] == Quantity("200m")
    assert done.spec.containers[0].image == "i"
    assert done.spec.active_deadline_seconds is None
    assert (done.metadata.labels, done.status) == ({}, before.status)
    assert done.metadata.generation == before.metadata.generation + 1


@pytest.mark.case("RP49")
def test_a_resize_of_nothing_is_no_change(pods: PodStorage, ctx: Context) -> None:
    before = create(pods, ctx, containers=[sized()])

    def same(obj: Pod) -> None:
        cpu(obj, "0.1")
        obj.metadata.annotations["new"] = "one"

    assert pods.resize.modify(ctx, "foo", same).metadata.generation == before.metadata.generation


@pytest.mark.case("RP49")
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            lambda obj: obj.spec.containers.append(pod().spec.containers[0]),
            "containers may not be added or removed on resize",
        ),
        (
            lambda obj: setattr(obj.spec, "containers", obj.spec.containers[:1]),
            "containers may not be added or removed on resize",
        ),
        (
            lambda obj: obj.spec.containers.reverse(),
            "containers may not be renamed or reordered on resize",
        ),
        (
            lambda obj: setattr(obj.spec.containers[0], "name", "other"),
            "containers may not be renamed or reordered on resize",
        ),
        (
            lambda obj: obj.spec.containers[0].resources.requests.clear(),
            "Pod QOS Class|resource requests cannot be removed",
        ),
        (
            lambda obj: obj.spec.containers[0].resources.requests.update(
                {"ephemeral-storage": Quantity("1Gi")}
            ),
            "only cpu and memory resources are mutable",
        ),
    ],
)
def test_a_resize_is_of_cpu_and_memory_of_the_same_containers(
    pods: PodStorage, ctx: Context, change: Callable[[Pod], object], complaint: str
) -> None:
    create(pods, ctx, containers=[sized("a"), sized("b")])

    with pytest.raises(Invalid, match=complaint):
        pods.resize.modify(ctx, "foo", change)


@pytest.mark.case("RP23")
@pytest.mark.parametrize("ips", [["1.2.3.4"], ["1.2.3.4", "2001:db8::1"]])
def test_an_update_of_status_writes_status_and_labels(
    pods: PodStorage, ctx: Context, ips: list[str]
) -> None:
    before = create(pods, ctx, meta={"labels": {"a": "b"}})

    def observed(obj: Pod) -> None:
        obj.metadata.labels["c"] = "d"
        obj.spec.containers[0].image = "other"
        obj.spec.node_name = "n"
        obj.status.phase = "Running"
        obj.status.pod_ip = ips[0]
        obj.status.pod_ips = [PodIP(ip=ip) for ip in ips]
        obj.status.message = "is now scheduled"

    done = pods.status.modify(ctx, "foo", observed)

    assert done.spec == before.spec
    assert done.metadata.labels == {"a": "b", "c": "d"}
    assert done.metadata.resource_version != before.metadata.resource_version
    assert done.metadata.generation == before.metadata.generation
    assert [each.ip for each in done.status.pod_ips] == ips
    assert done.status.message == "is now scheduled"
    assert pods.pod.get(ctx, "foo") == done


@pytest.mark.case("RP23")
def test_an_update_of_status_neither_starts_nor_ends_a_deletion(
    pods: PodStorage, ctx: Context, clock: FakeClock
) -> None:
    create(pods, ctx, nodeName="n")

    def doom(obj: Pod) -> None:
        obj.metadata.deletion_timestamp = Time.of(clock.now())
        obj.status.message = "doomed"

    assert pods.status.modify(ctx, "foo", doom).metadata.deletion_timestamp is None
    marked = pods.pod.delete(ctx, "foo", options=DeleteOptions()).result

    def spare(obj: Pod) -> None:
        obj.metadata.deletion_timestamp = None
        obj.status.message = "spared"

    spared = pods.status.modify(ctx, "foo", spare)
    assert isinstance(marked, Pod)
    assert spared.metadata.deletion_timestamp == marked.metadata.deletion_timestamp


@pytest.mark.case("RP52")
def test_an_update_of_status_keeps_owners_and_quality_of_service(
    pods: PodStorage, ctx: Context
) -> None:
    owner = {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u"}
    before = create(pods, ctx, meta={"ownerReferences": [owner]})

    def forget(obj: Pod) -> None:
        obj.metadata.owner_references = [
            OwnerReference(api_version="v1", kind="Node", name="other", uid="v")
        ]
        obj.status.qos_class = ""
        obj.status.message = "x"

    done = pods.status.modify(ctx, "foo", forget)

    assert done.metadata.owner_references == before.metadata.owner_references
    assert done.status.qos_class == "BestEffort"


@pytest.mark.case("RP52")
@pytest.mark.parametrize(("said", "kept"), [(0, 1), (5, 5)])
def test_an_observed_generation_stays_unless_there_is_a_new_one(
    pods: PodStorage, ctx: Context, said: int, kept: int
) -> None:
    def seen(generation: int) -> Callable[[Pod], None]:
        def write(obj: Pod) -> None:
            obj.status.observed_generation = generation
            obj.status.conditions = [
                PodCondition(type="Ready", status="True", observed_generation=generation)
            ]

        return write

    create(pods, ctx)
    pods.status.modify(ctx, "foo", seen(1))

    status = pods.status.modify(ctx, "foo", seen(said)).status

    assert status.observed_generation == kept
    assert status.conditions[0].observed_generation == kept


@pytest.mark.case("RP53")
@pytest.mark.parametrize(
    ("pod_ip", "host_ip", "warned"),
    [
        ("1.2.3.4", "5.6.7.8", 0),
        ("2001:db8::0", "5.6.7.8", 1),
        ("2001:db8::0", "2001:DB8::1", 2),
    ],
)
def test_addresses_that_could_be_written_shorter_are_remarked_upon(
    pods: PodStorage, ctx: Context, pod_ip: str, host_ip: str, warned: int
) -> None:
    create(pods, ctx)

    def address(obj: Pod) -> None:
        obj.status.pod_ip, obj.status.pod_ips = pod_ip, [PodIP(ip=pod_ip)]
        obj.status.host_ip, obj.status.host_ips = host_ip, [HostIP(ip=host_ip)]

    ctx.warnings.clear()
    pods.status.modify(ctx, "foo", address)

    assert len(ctx.warnings) == warned


@pytest.mark.case("RP22")
def test_a_pod_that_was_stored_without_defaults_can_be_updated(
    pods: PodStorage, ctx: Context
) -> None:
    bare = pod(nodeName="machine")
    bare.metadata.generation = 1
    bare.spec.enable_service_links = None
    bare.spec.preemption_policy = None
    pods.pod.storage.create(ctx, pods.pod.keys.key(ctx, "foo"), bare)
    wanted = pod(nodeName="machine")
    wanted.spec.enable_service_links = None
    wanted.spec.preemption_policy = None
    wanted.spec.containers[0].image = "other"

    done = pods.pod.replace(ctx, wanted)

    assert done.spec.containers[0].image == "other"
    assert done.spec.node_name == "machine"


SPREAD: dict[str, Any] = {
    "maxSkew": 1,
    "topologyKey": "k",
    "whenUnsatisfiable": "DoNotSchedule",
    "labelSelector": {"matchLabels": {"a": "b"}},
}


@pytest.mark.case("RP44")
@pytest.mark.parametrize(
    "policies",
    [
        {},
        {"nodeAffinityPolicy": "Honor"},
        {"nodeAffinityPolicy": "Ignore", "nodeTaintsPolicy": "Honor"},
    ],
)
def test_inclusion_policies_are_kept(
    pods: PodStorage, ctx: Context, policies: dict[str, str]
) -> None:
    wanted = pod(topologySpreadConstraints=[{**SPREAD, **policies}])
    made = pods.pod.create(ctx, wanted)
    assert made.spec.topology_spread_constraints == wanted.spec.topology_spread_constraints

    done = pods.pod.modify(ctx, "foo", lambda obj: obj.metadata.labels.update(x="y"))
    assert done.spec == made.spec


@pytest.mark.case("RP47")
@pytest.mark.parametrize("labels", [{"foo": "baz"}, {"bar": "new"}])
def test_new_labels_do_not_change_what_older_ones_were_written_to(
    pods: PodStorage, ctx: Context, labels: dict[str, str]
) -> None:
    made = create(
        pods,
        ctx,
        meta={"labels": {"foo": "bar"}},
        topologySpreadConstraints=[{**SPREAD, "matchLabelKeys": ["foo"]}],
    )
    (constraint,) = made.spec.topology_spread_constraints
    assert constraint.label_selector is not None
    assert [each.values for each in constraint.label_selector.match_expressions] == [["bar"]]

    done = pods.pod.modify(ctx, "foo", lambda obj: obj.metadata.labels.update(labels))

    assert done.spec == made.spec


@pytest.mark.case("RP50")
def test_a_pod_is_of_generation_one_whatever_its_maker_says(pods: PodStorage, ctx: Context) -> None:
    assert create(pods, ctx, "a").metadata.generation == 1
    assert create(pods, ctx, "b", meta={"generation": 5}).metadata.generation == 1


@pytest.mark.case("RP50")
def test_another_toleration_is_another_generation(pods: PodStorage, ctx: Context) -> None:
    made = create(pods, ctx)
    toleration = pod(tolerations=[{"key": "k", "operator": "Exists"}]).spec.tolerations

    done = pods.pod.modify(ctx, "foo", lambda obj: setattr(obj.spec, "tolerations", toleration))

    assert done.metadata.generation == made.metadata.generation + 1


@pytest.mark.case("RP54")
def test_sleeping_before_the_end_may_take_no_time_at_all(pods: PodStorage, ctx: Context) -> None:
    lazy = {"name": "c", "image": "i", "lifecycle": {"preStop": {"sleep": {"seconds": 0}}}}
    create(pods, ctx, containers=[lazy])

    done = pods.pod.modify(ctx, "foo", lambda obj: obj.metadata.labels.update(a="b"))

    assert done.spec.containers[0].lifecycle is not None


@pytest.mark.case("RP10")
def test_pods_are_shown_in_nine_columns(pods: PodStorage, ctx: Context, clock: FakeClock) -> None:
    create(
        pods,
        ctx,
        containers=[{"name": "a", "image": "i"}, {"name": "b", "image": "i"}],
        nodeName="test-node",
        readinessGates=[{"conditionType": "x.io/a"}, {"conditionType": "x.io/b"}],
    )
    clock.advance(timedelta(days=370).total_seconds())
    full = report(
        pods,
        ctx,
        "foo",
        {
            "podIP": "10.1.2.3",
            "podIPs": [{"ip": "10.1.2.3"}, {"ip": "2001:db8::1"}],
            "conditions": [{"type": "x.io/a", "status": "True"}],
            "containerStatuses": [
                {
                    "name": "a",
                    "state": {"running": {}},
                    "ready": True,
                    "restartCount": 10,
                    "image": "i",
                    "imageID": "",
                },
                {
                    "name": "b",
                    "state": {"waiting": {}},
                    "ready": False,
                    "restartCount": 0,
                    "image": "i",
                    "imageID": "",
                },
            ],
        },
    )
    empty = Pod()

    table = pods.pod.convert_to_table(ObjectList(items=[full, empty]))

    assert [column.name for column in table.column_definitions] == [
        *("Name", "Ready", "Status", "Restarts", "Age"),
        *("IP", "Node", "Nominated Node", "Readiness Gates"),
    ]
    assert [row.cells for row in table.rows] == [
        ["foo", "1/2", "Pending", "10", "370d", "10.1.2.3", "test-node", "<none>", "1/2"],
        ["", "0/0", "", "0", "<unknown>", "<none>", "<none>", "<none>", "<none>"],
    ]
    assert pods.pod.convert_to_table(full).rows[0].cells == table.rows[0].cells
    assert pods.pod.convert_to_table(ObjectList(items=[])).rows == []


@pytest.mark.case("RP10")
def test_nothing_is_no_table(pods: PodStorage) -> None:
    with pytest.raises(NotAcceptable):
        pods.pod.convert_to_table(None)  # type: ignore[arg-type]
