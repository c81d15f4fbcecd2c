from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kregistry.storage.reading.continuation import Continuation, decode_continue, encode_continue


def token(version: object = "meta.k8s.io/v1", rv: object = 5, start: object = "key") -> str:
    body = {"v": version, "rv": rv, "start": start}
    return base64.urlsafe_b64encode(json.dumps(body).encode()).rstrip(b"=").decode()


def test_a_token_is_byte_for_byte_the_one_that_go_writes() -> None:
    made = encode_continue("/pods/ns/a\0", "/pods/", 5)
    assert made == "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6NSwic3RhcnQiOiJucy9hXHUwMDAwIn0"


def test_go_escapes_what_could_be_html() -> None:
    made = encode_continue("/p/<&>\u2028é\0", "/p/", 1)
    text = base64.urlsafe_b64decode(made + "=" * (-len(made) % 4)).decode()
    assert text == ('{"v":"meta.k8s.io/v1","rv":1,"start":"\\u003c\\u0026\\u003e\\u2028é\\u0000"}')
    assert decode_continue(made, "/p/").start == "/p/<&>\u2028é\0"


def test_a_key_outside_the_prefix_cannot_be_encoded() -> None:
    with pytest.raises(ValueError, match="the key and key prefix do not match"):
        encode_continue("/nodes/a\0", "/pods/", 5)


@pytest.mark.parametrize(
    ("start", "revision", "expected"),
    [
        ("key", 1, Continuation("/test/key", 1)),
        ("/", 1, Continuation("/test/", 1)),
        ("/c1\0", 3, Continuation("/test/c1\0", 3)),
        ("ns/b\0", -1, Continuation("/test/ns/b\0", -1)),
    ],
)
def test_a_token_leads_back_below_the_prefix(
    start: str, revision: int, expected: Continuation
) -> None:
    assert decode_continue(token(rv=revision, start=start), "/test/") == expected


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (token(version=""), "server does not recognize this encoded version "),
        (token(version="v1"), "server does not recognize this encoded version v1"),
        (token(rv=0), "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"),
        (token(start=""), "encoded start key empty (version meta.k8s.io/v1)"),
        (token(start="../key"), "../key"),
        (token(start="./key"), "./key"),
        (token(start="./../key"), "./../key"),
        (token(start="key/../.."), "key/../.."),
        (token(start="a//b"), "a//b"),
        (token(start="//b"), "//b"),
        (token(start="a/"), "a/"),
        ("garbage", r"invalid character '\x81' looking for beginning of value"),
        ("Jw", r"invalid character '\'' looking for beginning of value"),
        ("IA", "unexpected end of JSON input"),
        ("e_8", "invalid UTF-8"),
    ],
)
def test_a_token_that_is_wrong_or_leaves_the_prefix_is_refused(bad: str, problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        decode_continue(bad, "/test/")
    assert str(caught.value) == f"continue key is not valid: {problem}"


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "!",
        "a",
        "é",
        "====",
        token() + "=",
        base64.b64encode(b'{"v":"\xff"}').decode().rstrip("="),
        base64.urlsafe_b64encode(b"[" * 30_000).decode().rstrip("="),
        base64.urlsafe_b64encode(b"[1]").decode().rstrip("="),
        base64.urlsafe_b64encode(b'{"v":"meta.k8s.io/v1","rv":' + b"9" * 5000 + b"}").decode(),
        token(rv=5.5),
        token(rv=True),
        token(rv="5"),
        token(rv=2**63),
        token(start=7),
        token(start="\ud800"),
        token(version=["meta.k8s.io/v1"]),
        "A" * 100_000,
    ],
)
def test_hostile_tokens_are_refused_with_one_kind_of_error(bad: str) -> None:
    with pytest.raises(ValueError, match=r"\Acontinue key is not valid: "):
        decode_continue(bad, "/test/")


def test_something_that_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="not a continue token"):
        decode_continue(7, "/test/")  # type: ignore[arg-type]


_SEGMENT = st.text(st.characters(codec="utf-8"), min_size=1).filter(
    lambda text: "/" not in text and text not in (".", "..")
)


@given(st.lists(_SEGMENT, min_size=1, max_size=3), st.integers(1, 2**63 - 1))
def test_every_key_and_revision_survive_the_round_trip(segments: list[str], revision: int) -> None:
    key = "/registry/pods/" + "/".join(segments) + "\0"
    made = encode_continue(key, "/registry/pods/", revision)
    assert decode_continue(made, "/registry/pods/") == Continuation(key, revision)
