"""IntOrString: a number or a text, and which of them is remembered."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kregistry.meta.intstr import IntOrString


@given(st.one_of(st.integers(-(2**31), 2**31 - 1), st.text()))
def test_it_holds_what_it_was_given(value: int | str) -> None:
    held = IntOrString(value)
    assert held.value == value
    assert held.is_int == isinstance(value, int)
    assert str(held) == str(value)


def test_a_number_is_not_the_text_of_it() -> None:
    assert IntOrString(80) != IntOrString("80")
    assert IntOrString(80) == IntOrString(80)
    assert IntOrString(80) != 80
    assert len({IntOrString(80), IntOrString("80"), IntOrString(80)}) == 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("80", 80), ("-1", -1), ("+7", 7), ("007", 7), ("2147483647", 2**31 - 1),
        ("2147483648", "2147483648"), ("50%", "50%"), ("http", "http"), ("", ""), ("-", "-"),
        ("1_0", "1_0"), ("²", "²"), ("١", "١"), (" 1", " 1"), ("9" * 5000, "9" * 5000),
    ],
)  # fmt: skip
def test_parsing_takes_a_number_where_it_reads_one(text: str, value: int | str) -> None:
    assert IntOrString.parse(text).value == value


@pytest.mark.parametrize(
    "value",
    [2**31, -(2**31) - 1, pytest.param(1 << 20_000, id="huge"), 1.5, True, None, b"1", [], {}],
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        IntOrString(value)  # type: ignore[arg-type]


def test_it_is_an_immutable_value() -> None:
    held = IntOrString("50%")
    with pytest.raises(AttributeError, match="immutable"):
        held._value = 1
    with pytest.raises(AttributeError, match="immutable"):
        del held._value
    assert copy.copy(held) is copy.deepcopy(held) is held
    assert pickle.loads(pickle.dumps(held)) == held
    assert repr(held) == "IntOrString('50%')"
