"""Tokens of service accounts: given out, accepted, and worth nothing when their time is up."""

from __future__ import annotations

from typing import Any

import pytest
from asking import PODS, Client, pod

from kregistry.meta.object import Object
from kregistry.server import APIServer, Settings, TokenAuthenticator
from kregistry.server.issuedtokens import API_AUDIENCE
from kregistry.server.user import ADMIN
from kregistry.storage import Interface
from kregistry.testing.clock import FakeClock

ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
TOKEN = f"{ACCOUNTS}/robot/token"
REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client(memory: Interface[Object], clock: FakeClock) -> Client:
    tokens = TokenAuthenticator({"admin": ADMIN})
    server = APIServer(memory, Settings(authenticator=tokens, clock=clock))
    server.create_namespaces()
    client = Client(server, {"authorization": "Bearer admin"})
    client.post(ACCOUNTS, {"metadata": {"name": "robot"}})
    return client


def issued(client: Client, **spec: Any) -> str:
    told = client.post(TOKEN, {"spec": spec})
    assert told.status == 201, told.body
    token: str = told.body["status"]["token"]
    return token


def who(client: Client, token: str) -> Any:
    """Whom the server takes the bearer of the token for; the status if for nobody."""
    told = Client(client.server, {"authorization": f"Bearer {token}"}).post(WHOAMI, {})
    return told.body["status"]["userInfo"] if told.status == 201 else told.status


def test_a_token_stands_for_its_account(client: Client) -> None:
    uid = client.get(f"{ACCOUNTS}/robot").body["metadata"]["uid"]
    assert who(client, issued(client)) == {
        "username": "system:serviceaccount:default:robot",
        "uid": uid,
        "groups": [
            "system:serviceaccounts",
            "system:serviceaccounts:default",
            "system:authenticated",
        ],
    }


def test_the_answer_is_the_request_with_what_it_left_open(client: Client, clock: FakeClock) -> None:
    told = client.post(TOKEN, {"metadata": {"name": "robot"}, "spec": {}}).body
    assert (told["apiVersion"], told["kind"]) == ("authentication.k8s.io/v1", "TokenRequest")
    assert told["metadata"]["name"] == "robot"
    assert told["metadata"]["namespace"] == "default"
    assert told["spec"] == {"audiences": [API_AUDIENCE], "expirationSeconds": 3600}
    assert len(told["status"]["token"]) >= 43
    assert told["status"]["expirationTimestamp"] > told["metadata"]["creationTimestamp"]


def test_no_two_tokens_are_the_same(client: Client) -> None:
    assert len({issued(client) for _ in range(5)}) == 5


def test_a_token_ends_when_its_time_is_up(client: Client, clock: FakeClock) -> None:
    token = issued(client, expirationSeconds=600)
    clock.advance(599)
    assert who(client, token)["username"].endswith(":robot")
    clock.advance(1)
    assert who(client, token) == 401


def test_a_token_ends_with_its_account_even_if_there_is_another_of_that_name(
    client: Client,
) -> None:
    token = issued(client)
    client.delete(f"{ACCOUNTS}/robot")
    assert who(client, token) == 401
    client.post(ACCOUNTS, {"metadata": {"name": "robot"}})
    assert who(client, token) == 401


def test_a_token_for_others_is_not_accepted_here_but_vouched_for(client: Client) -> None:
    token = issued(client, audiences=["vault", "mail"])
    assert who(client, token) == 401
    told = client.post(REVIEWS, {"spec": {"token": token}}).body["status"]
    assert told.get("authenticated", False) is False
    asked = {"token": token, "audiences": ["mail", "bank"]}
    told = client.post(REVIEWS, {"spec": asked}).body["status"]
    assert (told["authenticated"], told["audiences"]) == (True, ["mail"])
    assert told["user"]["username"] == "system:serviceaccount:default:robot"


def test_where_nobody_is_asked_tokens_are_still_vouched_for(memory: Interface[Object]) -> None:
    server = APIServer(memory)
    server.create_namespaces()
    client = Client(server)
    client.post(ACCOUNTS, {"metadata": {"name": "robot"}})
    told = client.post(REVIEWS, {"spec": {"token": issued(client)}}).body["status"]
    assert (told["authenticated"], told["audiences"]) == (True, [API_AUDIENCE])
    told = client.post(REVIEWS, {"spec": {"token": "another"}}).body["status"]
    assert told == {"error": "no authenticator is configured"}


def test_a_dry_run_gives_out_a_token_that_is_worth_nothing(client: Client) -> None:
    told = client.post(TOKEN, {"spec": {}}, query={"dryRun": "All"})
    assert told.status == 201
    assert who(client, told.body["status"]["token"]) == 401


def test_a_token_bound_to_a_pod_tells_of_it_and_ends_with_it(client: Client) -> None:
    client.post(PODS, pod("web", serviceAccountName="robot"))
    uid = client.get(f"{PODS}/web").body["metadata"]["uid"]
    reference = {"apiVersion": "v1", "kind": "Pod", "name": "web"}
    token = issued(client, boundObjectRef=reference)
    assert who(client, token)["extra"] == {
        "authentication.kubernetes.io/pod-name": ["web"],
        "authentication.kubernetes.io/pod-uid": [uid],
    }
    client.delete(f"{PODS}/web")
    assert who(client, token) == 401


def test_a_token_may_be_bound_to_nodes_and_secrets(client: Client) -> None:
    client.post("/api/v1/nodes", {"metadata": {"name": "n1"}})
    client.post("/api/v1/namespaces/default/secrets", {"metadata": {"name": "s"}})
    for kind, name, extra in (("Node", "n1", 2), ("Secret", "s", 0)):
        token = issued(client, boundObjectRef={"kind": kind, "name": name})
        assert len(who(client, token).get("extra", {})) == extra
    client.delete("/api/v1/nodes/n1")
    assert who(client, issued(client))["username"].endswith(":robot")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (
            {"spec": {"expirationSeconds": 599}},
            422,
            "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than "
            "10 minutes",
        ),
        (
            {"spec": {"expirationSeconds": 2**32 + 1}},
            422,
            "spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger "
            "than 2^32 seconds",
        ),
        (
            {"metadata": {"name": "other"}},
            422,
            'metadata.name: Invalid value: "other": must match the service account name if '
            "specified",
        ),
        ({"spec": {"expirationSeconds": "x"}}, 400, "spec.expirationSeconds is no integer"),
        ({"spec": {"expirationSeconds": True}}, 400, "spec.expirationSeconds is no integer"),
        ({"spec": {"audiences": "x"}}, 400, "spec.audiences is no list of strings"),
        ({"spec": {"audiences": [1]}}, 400, "spec.audiences is no list of strings"),
        ({"spec": {"boundObjectRef": []}}, 400, "spec.boundObjectRef is no object"),
        (
            {"spec": {"boundObjectRef": {"kind": "ConfigMap", "name": "a"}}},
            400,
            "cannot bind token to object of type /v1, Kind=ConfigMap",
        ),
        (
            {"spec": {"boundObjectRef": {"kind": "Pod", "name": "none"}}},
            404,
            'pods "none" not found',
        ),
        (
            {"spec": {"boundObjectRef": {"kind": "Pod", "name": "web"}}},
            400,
            'cannot bind token for serviceaccount "robot" to pod running with different '
            "serviceaccount name.",
        ),
        (
            {"spec": {"boundObjectRef": {"kind": "Secret", "name": "s", "uid": "u"}}},
            409,
            "the UID in the bound object reference (u) does not match the UID in record. The "
            "object might have been deleted and then recreated",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_given_out_is_told(
    client: Client, body: Any, status: int, message: str
) -> None:
    client.post(PODS, pod("web"))
    client.post("/api/v1/namespaces/default/secrets", {"metadata": {"name": "s"}})
    told = client.post(TOKEN, body)
    assert (told.status, message in told.message) == (status, True), told.message


def test_an_account_that_is_not_there_has_no_tokens(client: Client) -> None:
    told = client.post(f"{ACCOUNTS}/none/token", {"spec": {}})
    assert (told.status, told.message) == (404, 'serviceaccounts "none" not found')


def test_the_longest_life_fits_into_time(client: Client) -> None:
    told = client.post(TOKEN, {"spec": {"expirationSeconds": 2**32}})
    assert told.body["status"]["expirationTimestamp"].startswith("21")


@pytest.mark.parametrize("spec", [None, "x", [], 5])
def test_a_request_without_a_spec_asks_for_the_usual(client: Client, spec: Any) -> None:
    told = client.post(TOKEN, {"spec": spec})
    assert told.status in (201, 400)
