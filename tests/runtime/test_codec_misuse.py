"""Mistakes that a program makes with objects of its own: the error says what to do."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from kregistry.runtime import Codec, DecodeError, EncodeError

CODEC = Codec()


@attrs.define
class Loose:
    content: dict[str, Any] = attrs.field(factory=dict)
    day: datetime.date | None = None


class Moving(dict[str, Any]):
    """As a dict is while another thread changes it."""

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("dictionary changed size during iteration")

    def items(self) -> Any:
        return iter(self)


def test_an_object_that_another_thread_changes_meanwhile_is_told_so() -> None:
    moving = Loose(content={"a": Moving(b=1)})
    with pytest.raises(EncodeError, match="changed size during iteration"):
        CODEC.encode(moving)
    with pytest.raises(EncodeError, match="changed size during iteration"):
        CODEC.copy(moving)


def test_a_field_type_that_nobody_knows_asks_for_hooks() -> None:
    with pytest.raises(EncodeError, match="type date is no JSON value; give the Codec a cattrs"):
        CODEC.encode(Loose(day=datetime.date(2026, 1, 2)))


@pytest.mark.parametrize("text", [b'{"a":1e999}', b'{"a":"\\ud800"}', b'{"a":-1e999,"kind":"K"}'])
def test_stored_bytes_that_tell_no_type_are_a_decode_error_whatever_they_hold(text: bytes) -> None:
    with pytest.raises(DecodeError, match=r"Object '(Kind|apiVersion)' is missing"):
        CODEC.decode_any(text)
