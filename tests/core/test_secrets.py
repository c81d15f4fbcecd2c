"""Secrets."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from kinds import causes, cells, made

from kregistry.core.secret import SecretStore
from kregistry.core.v1 import Secret
from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.errors import Invalid
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import ListOptions
from kregistry.registry import Store
from kregistry.storage import Interface


@pytest.fixture
def secrets(storage: Interface[Object], clock: Clock) -> Store[Secret]:
    return SecretStore(storage, clock=clock)


def encoded(**texts: str) -> dict[str, str]:
    return {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}


def missing(key: str) -> str:
    return f"data[{key}]: Required value"


def test_text_is_merged_into_data_and_wins(secrets: Store[Secret], ctx: Context) -> None:
    sent = made(Secret, data=encoded(a="old", b="kept"), stringData={"a": "new"})
    stored = secrets.create(ctx, sent)
    assert stored.data == {"a": b"new", "b": b"kept"}
    assert (stored.string_data, stored.type) == ({}, "Opaque")
    assert cells(secrets, stored) == {"Name": "a", "Type": "Opaque", "Data": 2, "Age": "0s"}


def test_text_that_comes_past_the_defaults_is_not_stored_as_such(
    secrets: Store[Secret], ctx: Context
) -> None:
    plain = Secret(metadata=ObjectMeta(name="a"), string_data={"k": "v"})
    secrets.create(ctx, plain)
    plain.string_data = {"l": "w"}
    assert secrets.replace(ctx, plain).data == {"l": b"w"}
    assert secrets.get(ctx, "a").string_data == {}


def test_types_can_be_selected(secrets: Store[Secret], ctx: Context) -> None:
    secrets.create(ctx, made(Secret))
    secrets.create(ctx, made(Secret, metadata={"name": "b"}, type="shop.example/key"))
    found = secrets.list(ctx, ListOptions(field_selector="type=shop.example/key"))
    assert [item.metadata.name for item in found] == ["b"]


def test_a_type_is_for_ever_but_need_not_be_repeated(secrets: Store[Secret], ctx: Context) -> None:
    secrets.create(ctx, made(Secret, type="shop.example/key"))
    assert causes(lambda: secrets.replace(ctx, made(Secret))) == [
        'type: Invalid value: "Opaque": field is immutable'
    ]
    silent = Secret(metadata=ObjectMeta(name="a"), data={"k": b"v"})
    assert secrets.replace(ctx, silent).type == "shop.example/key"


@pytest.mark.parametrize(
    ("kind", "data", "wanted"),
    [
        (
            "kubernetes.io/tls",
            {},
            ["data[tls.crt]: Required value", "data[tls.key]: Required value"],
        ),
        ("kubernetes.io/tls", {"tls.crt": "", "tls.key": ""}, []),
        (
            "kubernetes.io/ssh-auth",
            {"ssh-privatekey": ""},
            [missing("ssh-privatekey")],
        ),
        (
            "kubernetes.io/basic-auth",
            {},
            [missing("username"), missing("password")],
        ),
        ("kubernetes.io/basic-auth", {"password": ""}, []),
        ("kubernetes.io/dockercfg", {}, [missing(".dockercfg")]),
        ("kubernetes.io/dockerconfigjson", encoded(**{".dockerconfigjson": "{}"}), []),
        ("kubernetes.io/dockerconfigjson", encoded(**{".dockerconfigjson": "null"}), []),
        (
            "kubernetes.io/service-account-token",
            {},
            ["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
        ),
        ("shop.example/key", {}, []),
    ],
)
def test_types_demand_their_keys(
    secrets: Store[Secret], ctx: Context, kind: str, data: dict[str, str], wanted: list[str]
) -> None:
    sent = made(Secret, type=kind, data=data)
    if wanted:
        assert causes(lambda: secrets.create(ctx, sent)) == wanted
    else:
        assert secrets.create(ctx, sent).type == kind


@pytest.mark.parametrize("text", ["", "password", "[]", "{", "[" * 100_000, "\0"])
def test_contents_are_never_told(secrets: Store[Secret], ctx: Context, text: str) -> None:
    sent = made(
        Secret, type="kubernetes.io/dockerconfigjson", data=encoded(**{".dockerconfigjson": text})
    )
    assert causes(lambda: secrets.create(ctx, sent)) == [
        'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": '
        "must be a JSON object"
    ]


def test_a_value_of_the_wrong_type_is_not_told_either(secrets: Store[Secret], ctx: Context) -> None:
    wrong: Any = Secret(metadata=ObjectMeta(name="a"), data={"k": "hunter2"})  # type: ignore[dict-item]
    with pytest.raises(Invalid) as caught:
        secrets.create(ctx, wrong)
    assert "hunter2" not in str(caught.value.status)
    assert "data[k]" in caught.value.status.message


def test_an_immutable_one_stays_as_it_is(secrets: Store[Secret], ctx: Context) -> None:
    secrets.create(ctx, made(Secret, stringData={"k": "v"}, immutable=True))
    frozen = "Forbidden: field is immutable when `immutable` is set"
    changed = made(Secret, stringData={"k": "w"})
    assert causes(lambda: secrets.replace(ctx, changed)) == [
        f"immutable: {frozen}",
        f"data: {frozen}",
    ]


def test_all_values_together_fit(secrets: Store[Secret], ctx: Context) -> None:
    half = "x" * (512 * 1024)
    secrets.create(ctx, made(Secret, stringData={"a": half, "b": half}))
    large = made(Secret, metadata={"name": "b"}, stringData={"a": half, "b": half + "x"})
    assert causes(lambda: secrets.create(ctx, large)) == [
        "data: Too long: may not be more than 1048576 bytes"
    ]
