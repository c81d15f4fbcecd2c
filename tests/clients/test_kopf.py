"""kopf: an operator with handlers, a timer and a finalizer, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import kopf
import pytest
from clientcluster import Cluster
from kubernetes import client as k8s
from kubernetes import config
from kubernetes.watch import Watch

#: Seconds after which something that should have happened has not.
SECONDS = 30

FINALIZER = "kopf.zalando.org/KopfFinalizerMarker"


@pytest.fixture
def core(cluster: Cluster) -> Iterator[k8s.CoreV1Api]:
    with config.new_client_from_config(str(cluster.kubeconfig)) as api:
        yield k8s.CoreV1Api(api)


@contextlib.contextmanager
def running(registry: kopf.OperatorRegistry, cluster: Cluster) -> Iterator[None]:
    """The operator runs as long as this does; how it ended badly is raised."""
    ready, stop = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    @kopf.on.login(registry=registry)
    def login(**_: Any) -> kopf.ConnectionInfo:
        return kopf.ConnectionInfo(server=cluster.url)

    def run() -> None:
        try:
            asyncio.run(
                kopf.operator(
                    registry=registry,
                    namespaces=["default"],
                    standalone=True,
                    ready_flag=ready,
                    stop_flag=stop,
                )
            )
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, name="operator", daemon=True)
    thread.start()
    try:
        assert ready.wait(SECONDS), failures
        yield
    finally:
        stop.set()
        thread.join(SECONDS)
    assert not thread.is_alive()
    assert not failures


class Watched:
    """One ConfigMap, followed by a watch until it is as a test wants it."""

    def __init__(self, core: k8s.CoreV1Api, name: str) -> None:
        self._core = core
        self._name = name

    def until(self, wanted: Callable[[str, k8s.V1ConfigMap], bool], since: str = "") -> Any:
        """The first state of which *wanted* is true, which is told the kind of event, too."""
        for event in Watch().stream(
            self._core.list_namespaced_config_map,
            "default",
            field_selector=f"metadata.name={self._name}",
            timeout_seconds=SECONDS,
            **({"resource_version": since} if since else {}),
        ):
            if wanted(event["type"], event["object"]):
                return event["object"]
        raise AssertionError(f"{self._name} never became as it should")

    def until_gone(self) -> None:
        listed = self._core.list_namespaced_config_map(
            "default", field_selector=f"metadata.name={self._name}"
        )
        if listed.items:
            self.until(lambda kind, _: kind == "DELETED", listed.metadata.resource_version)


def settings(**data: str) -> k8s.V1ConfigMap:
    metadata = k8s.V1ObjectMeta(name="settings", labels={"operated": "yes"})
    return k8s.V1ConfigMap(metadata=metadata, data=data)


def test_an_operator_handles_the_whole_life_of_an_object(
    core: k8s.CoreV1Api, cluster: Cluster
) -> None:
    registry = kopf.OperatorRegistry()
    changes: list[tuple[str, str]] = []
    ended = threading.Event()
    chosen = {"labels": {"operated": "yes"}, "registry": registry}

    @kopf.on.create("configmaps", **chosen)
    @kopf.on.update("configmaps", field="data", **chosen)
    def mirror(body: kopf.Body, patch: kopf.Patch, reason: str, **_: Any) -> None:
        changes.append((str(reason), body["data"]["colour"]))
        patch.metadata.annotations["example.com/seen"] = body["data"]["colour"]

    @kopf.on.delete("configmaps", **chosen)
    def end(**_: Any) -> None:
        ended.set()

    def seen(colour: str) -> Callable[[str, k8s.V1ConfigMap], bool]:
        return lambda _, found: (found.metadata.annotations or {}).get("example.com/seen") == colour

    watched = Watched(core, "settings")
    with running(registry, cluster):
        core.create_namespaced_config_map("default", settings(colour="red"))
        assert watched.until(seen("red")).metadata.finalizers == [FINALIZER]
        core.patch_namespaced_config_map("settings", "default", {"data": {"colour": "blue"}})
        watched.until(seen("blue"))
        core.delete_namespaced_config_map("settings", "default")
        assert ended.wait(SECONDS)
        watched.until_gone()
    assert changes == [("create", "red"), ("update", "blue")]


def test_a_timer_writes_again_and_again(core: k8s.CoreV1Api, cluster: Cluster) -> None:
    registry = kopf.OperatorRegistry()

    @kopf.timer("configmaps", interval=0.05, labels={"operated": "yes"}, registry=registry)
    def count(body: kopf.Body, patch: kopf.Patch, **_: Any) -> None:
        patch["data"] = {"count": str(int(body["data"]["count"]) + 1)}

    with running(registry, cluster):
        core.create_namespaced_config_map("default", settings(count="0"))
        watched = Watched(core, "settings")
        watched.until(lambda _, found: int(found.data["count"]) >= 3)
        core.delete_namespaced_config_map("settings", "default")
        watched.until_gone()


def test_an_operator_takes_up_after_a_restart_what_it_knew_before(
    core: k8s.CoreV1Api, cluster: Cluster
) -> None:
    registry = kopf.OperatorRegistry()
    happened: list[str] = []
    resumed = threading.Event()
    chosen = {"labels": {"operated": "yes"}, "registry": registry}

    @kopf.on.create("configmaps", **chosen)
    def create(patch: kopf.Patch, **_: Any) -> None:
        happened.append("created")
        patch.metadata.annotations["example.com/seen"] = "yes"

    @kopf.on.resume("configmaps", **chosen)
    def resume(**_: Any) -> None:
        happened.append("resumed")
        resumed.set()

    def handled(_: str, found: k8s.V1ConfigMap) -> bool:
        return "kopf.zalando.org/last-handled-configuration" in (found.metadata.annotations or {})

    core.create_namespaced_config_map("default", settings())
    with running(registry, cluster):
        Watched(core, "settings").until(handled)
    with running(registry, cluster):
        assert resumed.wait(SECONDS)
    assert happened == ["created", "resumed"]


def test_an_operator_survives_that_history_is_forgotten(
    core: k8s.CoreV1Api, cluster: Cluster
) -> None:
    registry = kopf.OperatorRegistry()
    known: dict[str, threading.Event] = {"first": threading.Event(), "second": threading.Event()}

    @kopf.on.event("configmaps", registry=registry)
    def event(name: str, **_: Any) -> None:
        if name in known:
            known[name].set()

    def create(name: str) -> None:
        made = k8s.V1ConfigMap(metadata=k8s.V1ObjectMeta(name=name))
        core.create_namespaced_config_map("default", made)

    with running(registry, cluster):
        create("first")
        assert known["first"].wait(SECONDS)
        cluster.forget_history()
        create("second")
        assert known["second"].wait(SECONDS)


def test_an_operator_posts_events_about_its_objects(core: k8s.CoreV1Api, cluster: Cluster) -> None:
    registry = kopf.OperatorRegistry()

    @kopf.on.create("configmaps", labels={"operated": "yes"}, registry=registry)
    def greet(body: kopf.Body, **_: Any) -> None:
        kopf.info(body, reason="Greeted", message="hello")

    with running(registry, cluster):
        core.create_namespaced_config_map("default", settings())
        for event in Watch().stream(
            core.list_namespaced_event,
            "default",
            field_selector="involvedObject.name=settings,reason=Greeted",
            timeout_seconds=SECONDS,
        ):
            assert event["object"].message == "hello"
            break
        else:
            raise AssertionError("no event was posted")
