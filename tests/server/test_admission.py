"""Plug-ins change and refuse what is written; namespaces that are missing or go take nothing."""

from __future__ import annotations

from typing import Any

import pytest
from asking import CONFIGMAPS, PODS, Client, config_map, pod

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.server import (
    AdmissionAttributes,
    APIServer,
    MutatingAdmission,
    Operation,
    Settings,
    ValidatingAdmission,
)
from kregistry.server.admission import refused
from kregistry.storage import Interface


class Labelling(MutatingAdmission):
    """Labels everything that it may touch."""

    def handles(self, operation: Operation) -> bool:
        return operation in (Operation.CREATE, Operation.UPDATE)

    def admit(self, ctx: Context, attributes: AdmissionAttributes) -> None:
        attributes.obj.metadata.labels["seen"] = attributes.operation.lower()
        ctx.warn(f"labelled {attributes.name}")


class Watching(MutatingAdmission, ValidatingAdmission):
    """Notes what it is asked, and refuses what is called so."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, AdmissionAttributes]] = []

    def admit(self, ctx: Context, attributes: AdmissionAttributes) -> None:
        self.seen.append(("admit", attributes))

    def validate(self, ctx: Context, attributes: AdmissionAttributes) -> None:
        self.seen.append(("validate", attributes))
        labels = getattr(getattr(attributes.obj, "metadata", None), "labels", {})
        if labels.get("evil") or attributes.name == "precious":
            raise refused(attributes, "no evil here")

    def told(self) -> list[tuple[str, str]]:
        """What it was asked since the last time, in order."""
        seen, self.seen = self.seen, []
        return [(phase, str(attributes.operation)) for phase, attributes in seen]


@pytest.fixture
def watching() -> Watching:
    return Watching()


@pytest.fixture
def admitting(memory: Interface[Object], watching: Watching) -> Client:
    server = APIServer(memory, Settings(admission=[Labelling(), watching]))
    server.create_namespaces()
    return Client(server)


def test_a_plug_in_changes_what_is_created_and_updated(admitting: Client) -> None:
    told = admitting.post(CONFIGMAPS, config_map("a"))
    assert told.body["metadata"]["labels"] == {"seen": "create"}
    assert told.warnings == ('299 - "labelled a"',)
    told = admitting.put(f"{CONFIGMAPS}/a", config_map("a", x="2"))
    assert told.body["metadata"]["labels"] == {"seen": "update"}
    told = admitting.patch(f"{CONFIGMAPS}/a", {"metadata": {"labels": {"seen": None}}})
    assert told.body["metadata"]["labels"] == {"seen": "update"}


def test_every_write_is_asked_about_in_both_phases(admitting: Client, watching: Watching) -> None:
    admitting.post(CONFIGMAPS, config_map("a"))
    assert watching.told() == [("admit", "CREATE"), ("validate", "CREATE")]
    admitting.put(f"{CONFIGMAPS}/a", config_map("a"))
    assert watching.told() == [("admit", "UPDATE"), ("validate", "UPDATE")]
    admitting.patch(f"{CONFIGMAPS}/a", {"data": {"z": "1"}})
    assert watching.told() == [("admit", "UPDATE"), ("validate", "UPDATE")]
    admitting.delete(f"{CONFIGMAPS}/a")
    assert watching.told() == [("admit", "DELETE"), ("validate", "DELETE")]
    admitting.get(CONFIGMAPS)
    assert watching.told() == []


def test_a_create_by_an_update_is_a_create(admitting: Client, watching: Watching) -> None:
    path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l"
    body = {"metadata": {"name": "l"}, "spec": {}}
    assert admitting.put(path, body).status == 201
    assert watching.told() == [("admit", "CREATE"), ("validate", "CREATE")]


def test_each_object_of_a_collection_is_asked_about(admitting: Client, watching: Watching) -> None:
    for name in ("a", "b"):
        admitting.post(CONFIGMAPS, config_map(name))
    watching.told()
    admitting.delete(CONFIGMAPS)
    asked = [attributes.name for _, attributes in watching.seen]
    assert asked == ["a", "a", "b", "b"]


def test_a_plug_in_is_told_what_is_about_to_happen(admitting: Client, watching: Watching) -> None:
    admitting.post(PODS, pod("web"))
    watching.told()
    query = {"dryRun": "All"}
    admitting.patch(f"{PODS}/web/status", {"status": {"phase": "Running"}}, query=query)
    _, about = watching.seen[-1]
    assert (about.resource.resource, about.subresource, about.kind.kind) == (
        "pods",
        "status",
        "Pod",
    )
    assert (about.namespace, about.name, about.dry_run) == ("default", "web", True)
    assert about.user.name == "kubernetes-admin"
    assert about.old is not None
    assert about.old.metadata.name == "web"
    assert about.obj.status.phase == "Running"


class Broken(MutatingAdmission, ValidatingAdmission):
    """Breaks in one of its two phases, or answers with something that is no object."""

    def __init__(self, phase: str) -> None:
        self.phase = ""
        self._phase = phase

    def admit(self, ctx: Context, attributes: AdmissionAttributes) -> None:
        self._break("admit")

    def validate(self, ctx: Context, attributes: AdmissionAttributes) -> None:
        self._break("validate")

    def _break(self, phase: str) -> None:
        if self.phase == phase:
            raise RuntimeError("canary")


@pytest.mark.parametrize("phase", ["admit", "validate"])
def test_a_plug_in_that_breaks_lets_nothing_through(memory: Interface[Object], phase: str) -> None:
    broken = Broken(phase)
    server = APIServer(memory, Settings(admission=[broken]))
    server.create_namespaces()
    client = Client(server)
    client.post(CONFIGMAPS, config_map("a"))
    before, version = client.get(f"{CONFIGMAPS}/a").body, memory.current_resource_version(Context())
    broken.phase = phase
    for told in (
        client.post(CONFIGMAPS, config_map("b")),
        client.put(f"{CONFIGMAPS}/a", config_map("a", a="2")),
        client.patch(f"{CONFIGMAPS}/a", {"data": {"a": "2"}}),
        client.delete(f"{CONFIGMAPS}/a"),
        client.delete(CONFIGMAPS),
    ):
        assert (told.status, told.body["reason"]) == (500, "InternalError")
        assert "canary" not in str(told.body)
    assert client.get(f"{CONFIGMAPS}/a").body == before
    assert memory.current_resource_version(Context()) == version


class Spoiling(MutatingAdmission):
    """Makes of a good object one that breaks a rule."""

    def admit(self, ctx: Context, attributes: AdmissionAttributes) -> None:
        if attributes.obj is not None and attributes.resource.resource == "configmaps":
            attributes.obj.metadata.labels["bad"] = "no label!"


@pytest.mark.parametrize("verb", ["post", "put", "patch"])
def test_what_a_plug_in_makes_is_checked_like_what_is_sent(
    memory: Interface[Object], verb: str
) -> None:
    plain = Client(APIServer(memory))
    plain.server.create_namespaces()
    plain.post(CONFIGMAPS, config_map("a"))
    client = Client(APIServer(memory, Settings(admission=[Spoiling()])))
    if verb == "post":
        told = client.post(CONFIGMAPS, config_map("b"))
    else:
        told = getattr(client, verb)(f"{CONFIGMAPS}/a", config_map("a", a="2"))
    assert (told.status, told.body["reason"]) == (422, "Invalid")
    assert [each["data"] for each in plain.get(CONFIGMAPS).body["items"]] == [{"a": "1"}]


@pytest.mark.parametrize("verb", ["post", "put", "patch"])
def test_what_a_plug_in_refuses_is_not_stored(admitting: Client, verb: str) -> None:
    evil = config_map("a")
    evil["metadata"]["labels"] = {"evil": "yes"}
    if verb != "post":
        admitting.post(CONFIGMAPS, config_map("a"))
    path = CONFIGMAPS if verb == "post" else f"{CONFIGMAPS}/a"
    told = getattr(admitting, verb)(path, evil)
    assert (told.status, told.message) == (403, 'configmaps "a" is forbidden: no evil here')
    found = admitting.get(f"{CONFIGMAPS}/a")
    assert found.status == 404 if verb == "post" else "evil" not in str(found.body)


def test_a_plug_in_can_keep_an_object_alive(memory: Interface[Object]) -> None:
    plain = APIServer(memory)
    plain.create_namespaces()
    Client(plain).post(CONFIGMAPS, config_map("precious"))
    client = Client(APIServer(memory, Settings(admission=[Watching()])))
    assert client.delete(f"{CONFIGMAPS}/precious").status == 403
    assert client.delete(CONFIGMAPS).status == 403
    assert client.get(f"{CONFIGMAPS}/precious").status == 200


# Namespaces.


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/namespaces/none/configmaps", config_map("a")),
        (
            "PUT",
            "/apis/coordination.k8s.io/v1/namespaces/none/leases/l",
            {"metadata": {"name": "l"}},
        ),
        ("POST", "/api/v1/namespaces/none/pods/web/binding", {"metadata": {"name": "web"}}),
        ("POST", "/apis/batch/v1/namespaces/none/jobs", {"metadata": {"name": "j"}}),
    ],
)
def test_nothing_is_written_where_there_is_no_namespace(
    client: Client, method: str, path: str, body: Any
) -> None:
    told = client.ask(method, path, body)
    assert (told.status, told.message) == (404, 'namespaces "none" not found')
    assert told.body["details"] == {"kind": "namespaces", "name": "none"}


def test_a_namespace_that_goes_takes_nothing_new_and_lets_the_rest_go(client: Client) -> None:
    client.post("/api/v1/namespaces", {"metadata": {"name": "going"}})
    inside = "/api/v1/namespaces/going/configmaps"
    client.post(inside, config_map("a"))
    assert client.delete("/api/v1/namespaces/going").body["status"]["phase"] == "Terminating"
    told = client.post(inside, {"metadata": {"generateName": "b-"}})
    assert told.status == 403
    assert told.message == (
        'configmaps "b-" is forbidden: unable to create new content in namespace going because '
        "it is being terminated"
    )
    assert told.body["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    assert client.put(f"{inside}/a", config_map("a", x="2")).status == 200
    assert client.delete(f"{inside}/a").status == 200


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
def test_some_namespaces_stay(client: Client, name: str) -> None:
    told = client.delete(f"/api/v1/namespaces/{name}")
    assert told.status == 403
    assert told.message == f'namespaces "{name}" is forbidden: this namespace may not be deleted'
    assert client.get(f"/api/v1/namespaces/{name}").body["status"]["phase"] == "Active"


def test_an_owner_that_is_named_twice_is_kept_once(client: Client) -> None:
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u-1"}
    body = config_map("a")
    body["metadata"]["ownerReferences"] = [owner, dict(owner)]
    told = client.post(CONFIGMAPS, body)
    assert told.body["metadata"]["ownerReferences"] == [owner]
    assert len(told.warnings) == 1
    assert 'duplicate UID(s) observed: \\"u-1\\"' in told.warnings[0]


@pytest.mark.timeout(60)
def test_many_owners_cost_no_more_than_their_number(client: Client) -> None:
    body = config_map("a")
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "p"}
    owners = [{**owner, "uid": f"u-{number}"} for number in range(15_000)]
    body["metadata"]["ownerReferences"] = [*owners, owners[7]]
    told = client.post(CONFIGMAPS, body)
    assert told.body["metadata"]["ownerReferences"] == owners
    assert 'duplicate UID(s) observed: \\"u-7\\"' in told.warnings[0]
