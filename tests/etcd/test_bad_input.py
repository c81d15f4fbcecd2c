"""What can be wrong with an etcd, or with the way to it, is said on first use, in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from widgetshop import WIDGETS, Widget, WidgetSpec, WidgetStrategy, widget

from kregistry.meta.context import Context
from kregistry.meta.errors import (
    InsufficientStorage,
    InternalError,
    RequestEntityTooLarge,
    ServerTimeout,
    Timeout,
)
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.registry import Store
from kregistry.storage import Config, factory
from kregistry.storage.backend import Backend
from kregistry.storage.errors import (
    AccessDenied,
    BackendClosed,
    BackendUnavailable,
    OutcomeUnknown,
    StorageFull,
    UnsafeStorage,
    ValueTooLarge,
)
from kregistry.storage.etcd3 import Access, EtcdBackend
from kregistry.storage.etcd3 import scope as scopes
from kregistry.testing.etcd import Certificates, EtcdServer, EtcdSettings
from kregistry.testing.etcd.ports import Port

TIMEOUT = 0.5
#: On top of a time-out, for a machine that is busy.
SLACK = 10.0
ALL = ("", chr(0x10FFFF))

VERBS: dict[str, Callable[[Backend], object]] = {
    "get": lambda backend: backend.get("/a"),
    "range": lambda backend: backend.range(*ALL),
    "put": lambda backend: backend.put("/a", b"", expected=0),
    "put with a ttl": lambda backend: backend.put("/a", b"", expected=0, ttl=5),
    "delete": lambda backend: backend.delete("/a", expected=2),
    "watch": lambda backend: backend.watch(*ALL, after=1),
    "current_revision": lambda backend: backend.current_revision(),
    "compacted_revision": lambda backend: backend.compacted_revision(),
    "compact": lambda backend: backend.compact(5),
    "ttls": lambda backend: backend.ttls(*ALL),
    "ready": lambda backend: backend.ready(),
}
verbs = pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)


@contextmanager
def in_time() -> Iterator[None]:
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < TIMEOUT + SLACK


def open_at(*endpoints: str, timeout: float = 20.0, **settings: Any) -> Backend:
    config = Config(type="etcd3", endpoints=endpoints, request_timeout=timeout, **settings)
    return factory.create_backend(config)


@verbs
def test_nobody_at_the_endpoints(verb: Callable[[Backend], object]) -> None:
    with closing(Port()) as port, in_time():
        backend = open_at(f"http://127.0.0.1:{port.number}", timeout=TIMEOUT)
        with backend, pytest.raises(BackendUnavailable, match="check the endpoints") as caught:
            verb(backend)
    assert not isinstance(caught.value, OutcomeUnknown), "nothing was sent"
    assert str(port.number) in str(caught.value)


@verbs
def test_a_member_that_falls_silent(
    verb: Callable[[Backend], object], fresh_etcd: EtcdServer
) -> None:
    unknown = verb in (VERBS["put"], VERBS["delete"])
    with open_at(*fresh_etcd.endpoints, timeout=TIMEOUT) as backend:
        backend.put("/first", b"", expected=0)
        fresh_etcd.pause()
        with in_time(), pytest.raises(BackendUnavailable) as caught:
            verb(backend)
        assert isinstance(caught.value, OutcomeUnknown) == unknown
        fresh_etcd.resume()


def test_clients_hear_of_it_as_of_a_server_that_is_busy(
    fresh_etcd: EtcdServer, ctx: Context
) -> None:
    config = Config(type="etcd3", endpoints=fresh_etcd.endpoints, request_timeout=TIMEOUT)
    with factory.create(config) as storage:
        widgets = Store(WIDGETS, storage, WidgetStrategy(WIDGETS))
        widgets.create(ctx, widget("anvil"))
        fresh_etcd.pause()
        with in_time(), pytest.raises(ServerTimeout):
            widgets.get(ctx, "anvil")
        with in_time(), pytest.raises(Timeout, match="read what is stored before trying again"):
            widgets.create(ctx, widget("hammer"))
        fresh_etcd.resume()


@pytest.fixture
def ctx() -> Context:
    return Context(namespace="default")


@pytest.fixture(scope="module")
def guarded() -> Iterator[EtcdServer]:
    """An etcd that wants to know who asks: root, and joe who may use /registry/."""
    with EtcdServer() as server:
        for command in (
            "user add root:secret",
            "user grant-role root root",
            "user add joe:pass",
            "role add shop",
            "role grant-permission shop --prefix=true readwrite /registry/",
            "user grant-role joe shop",
            "auth enable",
        ):
            server.ctl(*command.split())
        yield server


@verbs
@pytest.mark.parametrize(
    ("who", "says"),
    [
        ({}, "give a username and a password"),
        ({"username": "joe", "password": "wrong"}, "check username and password"),
        ({"username": "nobody", "password": "pass"}, "check username and password"),
    ],
    ids=["no user", "wrong password", "unknown user"],
)
def test_a_stranger_is_turned_away(
    guarded: EtcdServer, verb: Callable[[Backend], object], who: dict[str, str], says: str
) -> None:
    backend = open_at(*guarded.endpoints, **who)
    with backend, in_time(), pytest.raises(AccessDenied, match=says):
        verb(backend)


def test_who_may_use_its_prefix_only_can_do_all_but_watch_an_old_etcd(guarded: EtcdServer) -> None:
    joe = {"username": "joe", "password": "pass"}
    with open_at(*guarded.endpoints, **joe) as backend, in_time():
        backend.ready()
        revision = backend.put("/registry/a", b"1", expected=0, ttl=100)
        assert backend.get("/registry/a").revision == revision
        assert set(backend.ttls("/registry/", "/registry0")) == {"/registry/a"}
        backend.delete("/registry/a", expected=revision)
        backend.compact(revision)
        assert backend.compacted_revision() == revision
        with pytest.raises(AccessDenied, match="permission denied"):
            backend.put("/elsewhere", b"", expected=0)
        with pytest.raises(AccessDenied, match="permission denied"):
            backend.range(*ALL)
        with pytest.raises(UnsafeStorage, match="upgrade it, or let the role read all keys"):
            backend.watch("/registry/", "/registry0", after=backend.current_revision())


def test_an_etcd_that_answers_about_progress_is_watched_below_the_prefix(
    guarded: EtcdServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The etcd here answers, too, if not always in order, which shows when it is busy only."""
    monkeypatch.setattr(scopes, "_PROGRESS", {})
    with (
        open_at(*guarded.endpoints, username="joe", password="pass") as backend,
        open_at(*guarded.endpoints, username="root", password="secret") as root,
    ):
        second = root.put("/elsewhere", b"1", expected=0)
        stream = backend.watch("/registry/", "/registry0", after=second)
        first = backend.put("/registry/a", b"1", expected=0)
        assert [change.revision for change in stream.poll()] == [first]
        third = root.put("/elsewhere", b"2", expected=second)
        deadline = time.monotonic() + 30
        while stream.position < third:
            assert time.monotonic() < deadline
            assert list(stream.poll()) == []
        fourth = root.put("/registry/b", b"2", expected=0)
        while not (found := stream.poll()):
            assert time.monotonic() < deadline
        assert [change.revision for change in found] == [fourth]
        stream.close()


def test_root_may_do_everything(guarded: EtcdServer) -> None:
    with open_at(*guarded.endpoints, username="root", password="secret") as backend:
        stream = backend.watch(*ALL, after=backend.current_revision())
        revision = backend.put("/r", b"", expected=0)
        assert [change.revision for change in stream.poll()] == [revision]
        stream.close()


def test_a_user_is_no_harm_where_nobody_asks(fresh_etcd: EtcdServer) -> None:
    with open_at(*fresh_etcd.endpoints, username="joe", password="pass") as backend:
        assert backend.put("/a", b"", expected=0) == 2
        backend.watch(*ALL, after=1).close()


def test_a_member_of_another_age(fresh_etcd: EtcdServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scopes, "OLDEST", (9, 0, 0))
    backend = open_at(*fresh_etcd.endpoints)
    with backend, pytest.raises(UnsafeStorage, match=r"too old.*upgrade"):
        backend.watch(*ALL, after=1)


@pytest.mark.parametrize(
    ("version", "answers"),
    [
        ("3.4.30", False),
        ("3.4.31", True),
        ("3.5.1", False),
        ("3.5.12", False),
        ("3.5.13", True),
        ("3.6.0-rc.1", True),
        ("4.0.0", True),
        ("v3.5.21+git", True),
    ],
)
def test_versions_that_answer_about_progress(version: str, answers: bool) -> None:
    scope = scopes.Scopes("/registry/")
    assert scope.choose(version).whole, "nobody forbids it"
    if not answers:
        with pytest.raises(UnsafeStorage, match="upgrade it"):
            scope.narrow(version)
        return
    scope.narrow(version)
    assert scope.choose(version) == scopes.Scope(b"/registry/", b"/registry0")
    with pytest.raises(UnsafeStorage, match="upgrade it"):
        scope.choose("3.5.1")


@pytest.mark.parametrize("version", ["3.3.27", "2.3.8", "", "etcd", "9", "-1.2.3"])
def test_versions_that_cannot_be_watched(version: str) -> None:
    with pytest.raises(UnsafeStorage, match="too old"):
        scopes.Scopes("").choose(version)


def test_a_narrow_watch_needs_a_prefix() -> None:
    with pytest.raises(UnsafeStorage, match="upgrade it"):
        scopes.Scopes("").narrow("3.6.0")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def secure(certificates: Certificates) -> Iterator[EtcdServer]:
    with EtcdServer(EtcdSettings(tls=certificates)) as server:
        yield server


def test_certificates_open_the_door(secure: EtcdServer, certificates: Certificates) -> None:
    shown = {
        "trusted_ca_file": certificates.ca,
        "cert_file": certificates.client_cert,
        "key_file": certificates.client_key,
    }
    with open_at(*secure.endpoints, **shown) as backend:
        stream = backend.watch(*ALL, after=backend.current_revision())
        revision = backend.put("/a", b"", expected=0)
        assert [change.revision for change in stream.poll()] == [revision]
        stream.close()


@verbs
def test_a_stranger_at_the_other_end_is_not_trusted(
    secure: EtcdServer, tmp_path: Path, verb: Callable[[Backend], object]
) -> None:
    theirs = Certificates.make(tmp_path)
    backend = open_at(*secure.endpoints, trusted_ca_file=theirs.ca)
    with backend, in_time(), pytest.raises(AccessDenied, match="trusted_ca_file"):
        verb(backend)


def test_a_door_that_wants_certificates_and_gets_none(
    secure: EtcdServer, certificates: Certificates
) -> None:
    backend = open_at(*secure.endpoints, trusted_ca_file=certificates.ca, timeout=TIMEOUT)
    with backend, in_time(), pytest.raises((AccessDenied, BackendUnavailable)):
        backend.get("/a")


def test_plain_words_at_a_secure_door(secure: EtcdServer) -> None:
    backend = open_at(f"http://127.0.0.1:{secure.port}", timeout=TIMEOUT)
    with backend, in_time(), pytest.raises(BackendUnavailable):
        backend.get("/a")


@pytest.fixture(scope="module")
def small() -> Iterator[EtcdServer]:
    with EtcdServer(EtcdSettings(quota_bytes=8 << 20)) as server:
        yield server


def test_a_full_etcd_says_what_to_do_and_lets_things_go(small: EtcdServer, ctx: Context) -> None:
    config = Config(type="etcd3", endpoints=small.endpoints, request_timeout=20)
    with factory.create(config) as storage:
        backend = storage.backend  # type: ignore[attr-defined]
        written = {}

        def fill() -> None:
            for number in range(100):
                key = f"/registry/{number}"
                written[key] = backend.put(key, bytes(1 << 20), expected=0)

        with pytest.raises(StorageFull, match=r"etcdctl defrag.*etcdctl alarm disarm"):
            fill()
        with pytest.raises(StorageFull, match="NOSPACE"):
            backend.ready()
        with pytest.raises(StorageFull):
            backend.put("/registry/ttl", b"", expected=0, ttl=5)
        widgets = Store(WIDGETS, storage, WidgetStrategy(WIDGETS))
        with pytest.raises(InsufficientStorage):
            widgets.create(ctx, widget("anvil"))
        assert len(backend.range(*ALL).records) == len(written), "reads go on"
        for key, revision in written.items():
            with suppress(StorageFull):  # this etcd is too old to take even that
                backend.delete(key, expected=revision)
        small.ctl("del", "--prefix", "/registry/")
        backend.compact(backend.current_revision())
        small.ctl("defrag")
        small.ctl("alarm", "disarm")
        backend.ready()
        backend.put("/registry/again", bytes(1 << 20), expected=0)


@pytest.mark.parametrize("size", [1_600_000, 3_000_000], ids=["for etcd", "for its gRPC"])
def test_what_is_too_large_is_said_to_be(fresh_etcd: EtcdServer, ctx: Context, size: int) -> None:
    config = Config(type="etcd3", endpoints=fresh_etcd.endpoints, max_object_bytes=1 << 30)
    with factory.create(config) as storage:
        backend = storage.backend  # type: ignore[attr-defined]
        with pytest.raises(ValueTooLarge, match="--max-request-bytes"):
            backend.put("/a", bytes(size), expected=0)
        widgets = Store(WIDGETS, storage, WidgetStrategy(WIDGETS))
        with pytest.raises(RequestEntityTooLarge):
            widgets.create(
                ctx, Widget(metadata=ObjectMeta(name="anvil"), spec=WidgetSpec(colour="x" * size))
            )
        assert backend.current_revision() == 1


def test_what_just_fits_is_taken(fresh_etcd: EtcdServer) -> None:
    with open_at(*fresh_etcd.endpoints) as backend:
        value = bytes(1_572_864 - 1000)
        backend.put("/a", value, expected=0)
        assert backend.get("/a").record.value == value  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"endpoints": ()}, "needs endpoints"),
        ({"endpoints": ("ftp://a",)}, "scheme"),
        ({"endpoints": ("http://",)}, "host"),
        ({"endpoints": ("http://a:port",)}, "http://a:port"),
        ({"endpoints": ("http://a:99999",)}, "http://a:99999"),
        ({"endpoints": ("http://u:p@a",)}, "use username and password"),
        ({"endpoints": ("http://a/path",)}, "nothing may follow"),
        ({"endpoints": ("http://a b",)}, "host"),
        ({"endpoints": ("http://a\n",)}, "host"),
        ({"request_timeout": 0}, "request_timeout"),
        ({"username": "", "password": "x"}, "password needs a username"),
        ({"trusted_ca_file": "/nowhere"}, "https"),
        ({"endpoints": ("https://a",), "trusted_ca_file": "/nowhere"}, "/nowhere cannot be read"),
        ({"endpoints": ("https://a",), "cert_file": "/nowhere"}, "go together"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, object], says: str) -> None:
    config = Config.from_dict({"type": "etcd3", "endpoints": ["http://127.0.0.1:1"], **settings})
    with pytest.raises(ValueError, match=says):
        factory.create(config)


def test_a_password_is_never_shown() -> None:
    config = Config(type="etcd3", endpoints=("http://a",), username="joe", password="hunter2")
    access = Access.of(config.endpoints, username="joe", password="hunter2")
    assert "hunter2" not in repr(config) + repr(access) + repr(EtcdBackend(access))


def test_a_closed_backend_says_so_in_every_verb(fresh_etcd: EtcdServer) -> None:
    with open_at(*fresh_etcd.endpoints) as backend:
        backend.get("/a")
    for verb in VERBS.values():
        with pytest.raises(BackendClosed):
            verb(backend)


@pytest.mark.parametrize("key", ["", "/\ud800"], ids=["empty", "no character"])
def test_keys_that_etcd_could_not_have(fresh_etcd: EtcdServer, key: str) -> None:
    with open_at(*fresh_etcd.endpoints) as backend:
        with pytest.raises(ValueError, match="key"):
            backend.put(key, b"", expected=0)
        with pytest.raises(TypeError, match="a value is bytes"):
            backend.put("/a", "text", expected=0)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="a key is text"):
            backend.put(b"/a", b"", expected=0)  # type: ignore[arg-type]


def test_a_role_that_may_not_ask_is_an_error_of_the_server(
    guarded: EtcdServer, ctx: Context
) -> None:
    config = Config(
        type="etcd3", endpoints=guarded.endpoints, username="joe", password="pass", prefix="/no"
    )
    with factory.create(config) as storage:
        widgets = Store(WIDGETS, storage, WidgetStrategy(WIDGETS))
        with pytest.raises(InternalError, match="permission denied"):
            widgets.create(ctx, widget("anvil"))
