"""What every request passes: nothing breaks out, nobody gets in who may not."""

from __future__ import annotations

import gzip
import logging
import threading
from typing import Any

import pytest
from asking import CONFIGMAPS, PODS, Client, config_map, pod

from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, ServerTimeout, Unauthorized
from kregistry.meta.gvk import GroupResource
from kregistry.meta.object import Object
from kregistry.server import (
    AdmissionAttributes,
    APIServer,
    Attributes,
    Authenticator,
    Authorizer,
    Decision,
    FirstOf,
    Request,
    Settings,
    TokenAuthenticator,
    UserInfo,
    ValidatingAdmission,
    Verdict,
)
from kregistry.server.builtin import served_resources
from kregistry.server.statuses import failure
from kregistry.server.warningheaders import MAX_TOTAL, warning_headers
from kregistry.storage import Config, Interface, factory

ALICE = UserInfo(name="alice", groups=("devs",))
TOKENS = TokenAuthenticator({"s3cret": ALICE})
BEARER = {"authorization": "Bearer s3cret"}


def server_with(storage: Interface[Object], **settings: Any) -> APIServer:
    made = APIServer(storage, Settings(**settings))
    made.create_namespaces()
    return made


class Denying(Authorizer):
    """Lets nobody do anything, and remembers what was asked."""

    def __init__(self, reason: str = "") -> None:
        self.asked: list[Attributes] = []
        self._reason = reason

    def authorize(self, attributes: Attributes) -> Decision:
        self.asked.append(attributes)
        return Decision(Verdict.NO_OPINION, self._reason)


class Waiting(ValidatingAdmission):
    """Takes a while, or as long as it may."""

    def validate(self, ctx: Context, attributes: AdmissionAttributes) -> None:
        threading.Event().wait(0.05)


# Everybody can be told apart.


def test_every_answer_has_an_id_and_is_not_to_be_kept(client: Client) -> None:
    ids = set()
    for path in ("/readyz", "/nowhere", CONFIGMAPS, "/api/v1/nothing"):
        told = client.get(path)
        ids.add(told.header("audit-id"))
        assert told.header("cache-control") == "no-cache, private"
        assert told.header("content-type")
    assert len(ids) == 4


def test_an_id_that_the_client_brings_is_kept_if_it_is_harmless(client: Client) -> None:
    assert client.get("/readyz", headers={"audit-id": "mine"}).header("audit-id") == "mine"
    long = client.get("/readyz", headers={"audit-id": "x" * 100}).header("audit-id")
    assert long == "x" * 64
    evil = client.get("/readyz", headers={"audit-id": "a\r\nset-cookie: x"}).header("audit-id")
    assert "\r" not in evil
    assert "cookie" not in evil


# What breaks is told in a Status, and no more than that.


def test_what_nobody_expected_is_a_status_that_tells_nothing(
    memory: Interface[Object], caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Authorizer):
        def authorize(self, attributes: Attributes) -> Decision:
            raise ZeroDivisionError("secret detail")

    client = Client(server_with(memory, authenticator=TOKENS, authorizer=Broken()), BEARER)
    with caplog.at_level(logging.ERROR, "kregistry.server"):
        told = client.get(CONFIGMAPS, query={"labelSelector": "canary"})
    assert (told.status, told.body["reason"]) == (500, "InternalError")
    assert "secret detail" not in told.response.body.decode()
    assert "Traceback" not in told.response.body.decode()
    assert "ZeroDivisionError" in caplog.text
    assert "canary" not in caplog.text


def test_a_keyboard_interrupt_is_no_answer(memory: Interface[Object]) -> None:
    class Interrupted(Authenticator):
        def authenticate(self, request: Request) -> UserInfo | None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Client(server_with(memory, authenticator=Interrupted())).get(CONFIGMAPS)


# Authentication.


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer  s3cret", "Basic s3cret", "s3cret", "Bearers3cret"]
)
def test_nobody_gets_in_without_credentials(memory: Interface[Object], header: str) -> None:
    client = Client(server_with(memory, authenticator=TOKENS))
    told = client.get(CONFIGMAPS, headers={"authorization": header} if header else {})
    assert told.status == 401
    assert told.body == {
        "apiVersion": "v1",
        "code": 401,
        "kind": "Status",
        "message": "Unauthorized",
        "metadata": {},
        "reason": "Unauthorized",
        "status": "Failure",
    }


@pytest.mark.parametrize("token", ["S3cret", "s3cre", "s3crett", "\u00e4", "x" * 10_000])
def test_a_wrong_token_is_refused_even_where_none_is_needed(
    memory: Interface[Object], token: str
) -> None:
    client = Client(server_with(memory, authenticator=TOKENS))
    headers = {"authorization": f"Bearer {token}"}
    assert client.get(CONFIGMAPS, headers=headers).status == 401
    assert client.get("/readyz", headers=headers).status == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_good_token_lets_in(memory: Interface[Object], scheme: str) -> None:
    client = Client(server_with(memory, authenticator=TOKENS))
    assert client.get(CONFIGMAPS, headers={"authorization": f"{scheme} s3cret"}).status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/livez/ping", 200),
        ("/readyz/", 200),
        ("/readyz/../api", 404),
        ("//readyz", 401),
        ("/readyzz", 401),
        ("/", 401),
        ("/version", 401),
        ("/metrics", 401),
        ("/nowhere", 401),
        ("/api/v1/pods", 401),
    ],
)
def test_without_credentials_only_health_is_told(
    memory: Interface[Object], path: str, status: int
) -> None:
    assert Client(server_with(memory, authenticator=TOKENS)).get(path).status == status


@pytest.mark.parametrize(
    "name", ["Impersonate-User", "impersonate-group", "Impersonate-Uid", "Impersonate-Extra-a"]
)
@pytest.mark.parametrize("tokens", [TOKENS, None])
def test_nobody_speaks_for_somebody_else(
    memory: Interface[Object], name: str, tokens: Authenticator | None
) -> None:
    client = Client(server_with(memory, authenticator=tokens), BEARER)
    told = client.post(CONFIGMAPS, config_map(), headers={name: "bob"})
    assert (told.status, told.body["reason"]) == (403, "Forbidden")
    assert client.get(f"{CONFIGMAPS}/a").status == 404


def test_without_credentials_nobody_is_told_more_than_that(memory: Interface[Object]) -> None:
    client = Client(server_with(memory, authenticator=TOKENS))
    assert client.get(CONFIGMAPS, headers={"impersonate-user": "alice"}).status == 401


def test_what_a_proxy_says_about_users_does_not_count(memory: Interface[Object]) -> None:
    denying = Denying()
    client = Client(server_with(memory, authenticator=TOKENS, authorizer=denying))
    forged = {"x-remote-user": "root", "x-remote-group": "system:masters", "x-remote-uid": "0"}
    assert client.get(PODS, headers=forged).status == 401
    assert client.get(PODS, headers={**forged, **BEARER}).status == 403
    assert [each.user.name for each in denying.asked] == ["alice"]


def test_where_nobody_is_asked_everybody_is_an_administrator(client: Client) -> None:
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    user = client.post(path, {}).body["status"]["userInfo"]
    assert user["username"] == "kubernetes-admin"
    assert "system:masters" in user["groups"]


def test_who_is_known_is_among_the_authenticated(memory: Interface[Object]) -> None:
    client = Client(server_with(memory, authenticator=TOKENS), BEARER)
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    user = client.post(path, {}).body["status"]["userInfo"]
    assert user == {"username": "alice", "groups": ["devs", "system:authenticated"]}


def test_who_one_does_not_know_another_may_know() -> None:
    bob = UserInfo(name="bob")
    both = FirstOf([TOKENS, TokenAuthenticator({"other": bob})])
    found = both.authenticate(Request(headers={"authorization": "Bearer other"}))
    assert found == bob
    assert both.authenticate(Request()) is None
    with pytest.raises(Unauthorized):
        both.authenticate(Request(headers={"authorization": "Bearer none"}))


def test_tokens_are_not_kept() -> None:
    assert "s3cret" not in repr(vars(TOKENS))


@pytest.mark.parametrize("tokens", [{"": ALICE}, {1: ALICE}])
def test_an_empty_token_would_let_everybody_in(tokens: Any) -> None:
    with pytest.raises(ValueError, match="token"):
        TokenAuthenticator(tokens)


# Authorization.


@pytest.mark.parametrize(
    ("method", "path", "message"),
    [
        (
            "GET",
            PODS,
            'pods is forbidden: User "alice" cannot list resource "pods" in API group "" '
            'in the namespace "default"',
        ),
        (
            "GET",
            "/api/v1/nodes",
            'nodes is forbidden: User "alice" cannot list resource "nodes" in API group "" '
            "at the cluster scope",
        ),
        (
            "GET",
            f"{PODS}/web/log",
            'pods "web" is forbidden: User "alice" cannot get resource "pods/log" in API group '
            '"" in the namespace "default"',
        ),
        (
            "DELETE",
            "/apis/apps/v1/namespaces/x/deployments/d",
            'deployments.apps "d" is forbidden: User "alice" cannot delete resource '
            '"deployments" in API group "apps" in the namespace "x"',
        ),
        ("GET", "/version", 'forbidden: User "alice" cannot get path "/version"'),
    ],
)
def test_what_is_forbidden_is_told_in_the_words_of_the_api_server(
    memory: Interface[Object], method: str, path: str, message: str
) -> None:
    server = server_with(memory, authenticator=TOKENS, authorizer=Denying())
    told = Client(server, BEARER).ask(method, path)
    assert (told.status, told.body["reason"], told.message) == (403, "Forbidden", message)
    assert told.header("x-content-type-options") == "nosniff"


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "POST"])
@pytest.mark.parametrize("part", ["", "/status", "/log", "/nothing"])
@pytest.mark.parametrize("bearer", [BEARER, {}])
def test_a_refusal_does_not_tell_what_there_is(
    memory: Interface[Object], method: str, part: str, bearer: dict[str, str]
) -> None:
    Client(server_with(memory)).post(PODS, pod("there"))
    client = Client(server_with(memory, authenticator=TOKENS, authorizer=Denying()), bearer)
    there, missing = (client.ask(method, f"{PODS}/{name}{part}", {}) for name in ("there", "gone"))
    assert there.status == (403 if bearer else 401)
    assert str(there.body).replace("there", "gone") == str(missing.body)


def test_what_is_secret_appears_nowhere_but_in_the_answer_to_who_may_read_it(
    memory: Interface[Object], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets, canary = "/api/v1/namespaces/default/secrets", "Y2FuYXJ5"
    client = Client(server_with(memory, authenticator=TOKENS), BEARER)
    made = client.post(secrets, {"metadata": {"name": "s"}, "data": {"k": canary}})
    assert canary in str(made.body)
    stale = {"metadata": {"name": "s", "resourceVersion": "1"}, "data": {"k": canary}}
    refusals = [
        client.post(secrets, {"metadata": {"name": "s"}, "data": {"k": canary}}),
        client.post(secrets, {"metadata": {"name": "!"}, "data": {"k": canary}}),
        client.post(secrets, {"metadata": {"name": "t"}, "data": {"!": canary}}),
        client.post(secrets, {"metadata": {"name": "t"}, "data": {"k": f"{canary}!"}}),
        client.put(f"{secrets}/s", stale),
        client.put(f"{secrets}/s", {**stale, "type": "other"}),
        client.get(secrets, query={"fieldSelector": "data.k=x"}),
        client.get("/metrics"),
    ]
    assert [each.status for each in refusals] == [409, 422, 422, 400, 409, 409, 400, 200]
    assert not any("canary" in str(each.body) or canary in str(each.body) for each in refusals)
    table = client.get(
        f"{secrets}/s", headers={"accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    )
    assert canary not in str(table.body)
    assert canary not in caplog.text
    assert "s3cret" not in caplog.text


def test_the_reason_is_told_too(memory: Interface[Object]) -> None:
    server = server_with(memory, authenticator=TOKENS, authorizer=Denying("not on Sundays"))
    assert Client(server, BEARER).get(PODS).message.endswith(": not on Sundays")


def test_no_route_reaches_storage_before_it_is_allowed() -> None:
    """Every path of every resource, by every method, by somebody who may do nothing.

    The store is closed, so that whatever reached it would be told otherwise.
    """
    denying = Denying()
    with factory.create(Config()) as storage:
        server = server_with(storage, authenticator=TOKENS, authorizer=denying)
    client = Client(server, BEARER)
    asked = 0
    for _, resource in served_resources():
        root = f"/apis/{resource.api_version}" if resource.group else "/api/v1"
        scope = "/namespaces/default" if resource.namespaced else ""
        paths = [f"{root}{scope}/{resource.plural}", f"{root}{scope}/{resource.plural}/x"]
        paths += [f"{paths[1]}/{part}" for part in ("status", "scale", "log", "exec", "nothing")]
        for path in paths:
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                assert client.ask(method, path, b"{}").status == 403, (method, path)
                asked += 1
    assert len(denying.asked) == asked
    server = server_with_closed_store()
    assert Client(server).get(CONFIGMAPS).status == 503


def server_with_closed_store() -> APIServer:
    with factory.create(Config()) as storage:
        return APIServer(storage)


# Limits.


def test_a_body_that_is_too_large_is_refused(memory: Interface[Object]) -> None:
    client = Client(server_with(memory, max_body=1000))
    told = client.post(CONFIGMAPS, b"{" + b" " * 1000)
    assert (told.status, told.body["reason"]) == (413, "RequestEntityTooLarge")
    assert told.message == "Request entity too large: limit is 1000"
    assert client.post(CONFIGMAPS, config_map("a")).status == 201


def test_the_limit_of_a_body_is_three_mebibytes(client: Client) -> None:
    told = client.post(CONFIGMAPS, b" " * (3 * 2**20 + 1))
    assert told.message == "Request entity too large: limit is 3145728"


def test_a_path_that_is_too_long_is_refused(client: Client) -> None:
    told = client.get("/" + "a" * 70_000)
    assert (told.status, told.body["code"]) == (414, 414)


@pytest.mark.parametrize("timeout", ["x", "5", "1y"])
def test_a_timeout_must_be_a_duration(client: Client, timeout: str) -> None:
    told = client.get(CONFIGMAPS, query={"timeout": timeout})
    assert told.status == 400
    assert told.message.startswith("invalid timeout specified in the request URL - time: ")


@pytest.mark.parametrize("timeout", ["", "30s", "0", "1m30s"])
def test_a_timeout_that_is_one_does_no_harm(client: Client, timeout: str) -> None:
    assert client.get(CONFIGMAPS, query={"timeout": timeout}).status == 200


def test_what_takes_longer_than_its_time_is_told_so(memory: Interface[Object]) -> None:
    client = Client(server_with(memory, admission=[Waiting()]))
    told = client.post(CONFIGMAPS, config_map(), query={"timeout": "1ms"})
    assert (told.status, told.body["reason"]) == (504, "Timeout")
    assert told.message == "Timeout: request did not complete within the allotted timeout"
    assert (
        client.get(f"{CONFIGMAPS}/a").status == 200
    )  # as everywhere, that does not say "not done"


def test_what_lasts_is_under_no_deadline(client: Client) -> None:
    with client.stream(CONFIGMAPS, query={"watch": "1", "timeout": "1ns"}) as stream:
        assert stream.status == 200


def test_a_verb_with_nothing_behind_it_is_an_error(client: Client) -> None:
    told = client.get("/api/v1/watch")
    assert told.status == 500
    assert "failed to create RequestInfo" in told.body


# Statuses.


def test_who_is_to_come_back_is_told_when() -> None:
    error = ServerTimeout(GroupResource("", "pods"), "list", 2)
    answer = failure(Request(), error)
    assert (answer.status, answer.headers.get("retry-after")) == (500, "2")
    assert "retry-after" not in failure(Request(), BadRequest("no")).headers


# Compression.


def large(client: Client) -> None:
    for number in range(2):
        client.post(CONFIGMAPS, config_map(f"c{number}", text="x" * 100_000))


def test_a_large_answer_is_packed_for_who_can_unpack_it(client: Client) -> None:
    large(client)
    plain = client.get(CONFIGMAPS)
    packed = client.get(CONFIGMAPS, headers={"accept-encoding": "br, gzip;q=0.5"})
    assert packed.header("content-encoding") == "gzip"
    assert packed.header("vary") == "Accept-Encoding"
    assert gzip.decompress(packed.response.body) == plain.response.body
    assert "content-encoding" not in plain.response.headers


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "xgzip", "identity"])
def test_it_is_not_packed_for_anybody_else(client: Client, accepted: str) -> None:
    large(client)
    told = client.get(CONFIGMAPS, headers={"accept-encoding": accepted})
    assert "content-encoding" not in told.response.headers


def test_a_small_answer_is_not_worth_packing(client: Client) -> None:
    told = client.get(CONFIGMAPS, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in told.response.headers


# Warnings.


def test_warnings_are_told_once_each_and_escaped() -> None:
    assert warning_headers(["a", 'b "c" \\d', "a"]) == [
        ("warning", '299 - "a"'),
        ("warning", '299 - "b \\"c\\" \\\\d"'),
    ]


@pytest.mark.parametrize("text", ["", "a\nb", "a\r\nset-cookie: x", "\x00", "a\x7fb", "\x85"])
def test_a_warning_that_could_be_mistaken_for_a_field_is_left_out(text: str) -> None:
    assert warning_headers([text]) == []


def test_many_long_warnings_are_cut() -> None:
    told = warning_headers(f"{number}{'x' * 400}" for number in range(20))
    texts = [value.removeprefix('299 - "').removesuffix('"') for _, value in told]
    assert all(len(text) <= 256 for text in texts)
    assert sum(map(len, texts)) <= MAX_TOTAL
    assert len(texts) == 16
