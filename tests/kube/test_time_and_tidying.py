"""The clock of a server, its history, and what goes with what was deleted."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from wire import CONFIGMAPS, ask, config_map, event, watched

from kregistry.kube import Kube, KubeOptions
from kregistry.meta.errors import Forbidden, NotFound

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "blue"}}
NEW_YEAR = "2026-01-01T00:00:00Z"


def owned(owner: dict[str, Any], name: str) -> dict[str, Any]:
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    return {**config_map(name), "metadata": {"name": name, "ownerReferences": [reference]}}


@pytest.fixture(params=["memory", "sqlite"])
def held(request: pytest.FixtureRequest, kube_factory: Any) -> Kube:
    kube: Kube = kube_factory(storage=request.param, start=NEW_YEAR)
    return kube


def test_creation_times_follow_the_clock(held: Kube) -> None:
    held.apply(config_map("a"))
    held.clock.advance(90)
    held.apply(config_map("b"))

    times = [each["metadata"]["creationTimestamp"] for each in held.list("configmaps")]
    assert times == ["2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z"]


def test_events_live_as_long_as_the_clock_says_and_are_gone_when_it_has_moved(held: Kube) -> None:
    about = {"namespace": "default", "name": "x"}
    metadata = {"name": "e", "namespace": "default"}
    tree = {"apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": about}
    held.apply(tree)

    held.clock.advance(3599)
    assert len(held.list("events")) == 1
    held.clock.advance(1)
    assert held.list("events") == []


def test_grace_periods_begin_at_the_time_of_the_clock(held: Kube) -> None:
    spec = {"containers": [{"name": "c", "image": "i"}], "nodeName": "n"}
    held.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec})
    held.clock.advance(5)

    marked = held.delete("pods", "web", grace_period_seconds=10)

    assert marked["metadata"]["deletionTimestamp"] == "2026-01-01T00:00:15Z"
    held.delete("pods", "web", grace_period_seconds=0)
    with pytest.raises(NotFound):
        held.get("pods", "web")


def test_requests_are_recorded_at_the_time_of_the_clock(held: Kube) -> None:
    held.clock.advance(60)
    ask(held, "GET", CONFIGMAPS)

    assert held.requests[0].time - held.options.start == timedelta(seconds=60)


def test_a_version_from_before_a_compaction_is_too_old_for_a_watch(held: Kube) -> None:
    held.apply(config_map("a"))
    version = ask(held, "GET", CONFIGMAPS).body["metadata"]["resourceVersion"]

    held.compact()

    with watched(held, resourceVersion=version) as stream:
        found = event(stream)
        assert found is not None
        assert (found["type"], found["object"]["code"]) == ("ERROR", 410)
        assert found["object"]["reason"] == "Expired"
        assert event(stream) is None


def test_a_list_cannot_go_on_after_a_compaction(held: Kube) -> None:
    held.apply(*(config_map(name) for name in "abc"))
    first = ask(held, "GET", CONFIGMAPS, query={"limit": 1}).body

    held.compact()

    token = first["metadata"]["continue"]
    heard = ask(held, "GET", CONFIGMAPS, query={"limit": 1, "continue": token})
    assert (heard.status, heard.body["reason"]) == (410, "Expired")


def test_a_watch_that_missed_nothing_survives_a_compaction(held: Kube) -> None:
    with watched(held) as stream:
        held.compact()
        held.compact()
        held.apply(config_map("a"))
        found = event(stream)

    assert found is not None
    assert found["type"] == "ADDED"


def test_expiring_ends_every_open_watch_after_what_has_happened(held: Kube) -> None:
    held.apply(config_map("a"))
    with watched(held) as one, watched(held, "/api/v1/pods") as other:
        assert held.expire_watches() == 2
        first, then = event(one), event(one)
        only = event(other)

    assert first is not None
    assert then is not None
    assert only is not None
    assert first["object"]["metadata"]["name"] == "a"
    assert then == only
    assert (only["type"], only["object"]["code"]) == ("ERROR", 410)
    assert held.expire_watches() == 0


def test_a_client_that_lists_anew_goes_on_after_a_410(held: Kube) -> None:
    with watched(held) as stream:
        held.expire_watches()
        assert event(stream) is not None
    version = ask(held, "GET", CONFIGMAPS).body["metadata"]["resourceVersion"]
    held.apply(config_map("b"))

    with watched(held, resourceVersion=version) as stream:
        found = event(stream)

    assert found is not None
    assert found["object"]["metadata"]["name"] == "b"


def test_nothing_goes_before_somebody_collects(kube: Kube) -> None:
    (owner,) = kube.apply(config_map("owner"))
    kube.apply(owned(owner, "dependent"))
    kube.delete("configmaps", "owner")
    assert kube.get("configmaps", "dependent")

    done = kube.collect()

    assert [str(each) for each in done.changes] == ["ConfigMap default/dependent: deleted"]
    assert kube.list("configmaps") == []
    assert kube.collect().quiet


def test_dependents_go_a_step_at_a_time(kube: Kube) -> None:
    (owner,) = kube.apply(config_map("owner"))
    kube.apply(owned(owner, "dependent"))
    kube.delete("configmaps", "owner", propagation_policy="Foreground")
    assert kube.get("configmaps", "owner")["metadata"]["finalizers"] == ["foregroundDeletion"]

    steps = []
    while not (step := kube.step()).quiet:
        steps.append(step)

    assert [str(change) for step in steps for change in step.changes] == [
        "ConfigMap default/dependent: deleted",
        "ConfigMap default/owner: finalizer removed",
        "ConfigMap default/owner: deleted",
    ]


def test_a_namespace_goes_with_everything_in_it(kube: Kube) -> None:
    kube.apply(NAMESPACE)
    kube.apply(config_map("a"), namespace="blue")
    ask(kube, "DELETE", "/api/v1/namespaces/blue")
    with pytest.raises(Forbidden, match="because it is being terminated"):
        kube.apply(config_map("b"), namespace="blue")

    kube.collect()

    with pytest.raises(NotFound):
        kube.get("namespaces", "blue")
    assert kube.list("configmaps", namespace="") == []


@pytest.mark.kube(collect="auto")
def test_automatic_collection_is_done_before_the_client_gets_its_answer(kube: Kube) -> None:
    (owner,) = kube.apply(config_map("owner"))
    kube.apply(owned(owner, "dependent"), NAMESPACE)

    ask(kube, "DELETE", f"{CONFIGMAPS}/owner", {"propagationPolicy": "Foreground"})
    ask(kube, "DELETE", "/api/v1/namespaces/blue")

    assert kube.list("configmaps") == []
    with pytest.raises(NotFound):
        kube.get("namespaces", "blue")


@pytest.mark.kube(collect="auto")
def test_automatic_collection_follows_the_last_finalizer(kube: Kube) -> None:
    owner = {**config_map("owner"), "metadata": {"name": "owner", "finalizers": ["x.io/keep"]}}
    (owner,) = kube.apply(owner)
    kube.apply(owned(owner, "dependent"))
    kube.delete("configmaps", "owner")
    assert len(kube.list("configmaps")) == 2

    ask(kube, "PATCH", f"{CONFIGMAPS}/owner", {"metadata": {"finalizers": None}})

    assert kube.list("configmaps") == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"storage": "etcd"}, "storage must be 'memory' or 'sqlite', not 'etcd'"),
        ({"storage": None}, "storage must be"),
        ({"collect": True}, "collect must be 'manual' or 'auto'"),
        ({"start": "yesterday"}, "start must be a time such as"),
        ({"start": "2026-01-01T00:00:00"}, "there is no time zone"),
        ({"start": 7}, "start must be a time such as"),
        ({"colour": "red"}, "there is no option 'colour'; there are storage"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        KubeOptions.of(**options)


def test_a_server_needs_no_pytest(tmp_path: Path) -> None:
    with Kube(tmp_path) as kube:
        kube.apply(config_map("a"))
        assert ask(kube, "GET", f"{CONFIGMAPS}/a").status == 200
    kube.close()

    with pytest.raises(ConnectionRefusedError):
        ask(kube, "GET", CONFIGMAPS)


@pytest.mark.parametrize("storage", ["memory", "sqlite"])
def test_a_server_that_cannot_begin_leaves_nothing_behind(tmp_path: Path, storage: str) -> None:
    (tmp_path / "kubeconfig").touch()
    before = set(threading.enumerate()), len(os.listdir("/dev/fd"))

    with pytest.raises(FileExistsError):
        Kube(tmp_path, KubeOptions(storage=storage))

    assert (set(threading.enumerate()), len(os.listdir("/dev/fd"))) == before


def test_closing_ends_open_watches_in_order(tmp_path: Path) -> None:
    with Kube(tmp_path) as kube, watched(kube) as stream:
        kube.close()
        assert event(stream) is None
