"""Quantity: exact amounts, written as the API server writes them."""

from __future__ import annotations

import copy
import pickle
from contextlib import suppress
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kregistry.meta.quantity import Format, Quantity

PATTERN = "quantities must match the regular expression"
NUMBER = "unable to parse numeric part of quantity"
SUFFIX = "unable to parse quantity's suffix"
SUFFIXES = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]

TEXTS = st.builds(
    lambda sign, whole, fraction, suffix: f"{sign}{whole}{fraction}{suffix}",
    st.sampled_from(["", "-", "+"]),
    st.integers(0, 10**12).map(str),
    st.one_of(st.just(""), st.integers(0, 10**6).map(lambda digits: f".{digits}")),
    st.one_of(st.sampled_from(SUFFIXES), st.integers(-9, 30).map(lambda power: f"e{power}")),
)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        # As a real API server answered.
        ("0.5", "500m"), ("1500m", "1500m"), ("1.5Gi", "1536Mi"), ("2000k", "2M"),
        ("1e3", "1e3"), ("1048576", "1048576"),
        # Zero has one form.
        ("0", "0"), ("0Mi", "0"), ("-0", "0"), ("0.000", "0"), ("0e9", "0"), (".", "0"),
        # The largest suffix that leaves no fraction.
        ("1000", "1k"), ("1024", "1024"), ("1000000", "1M"), ("1234567", "1234567"),
        ("0.1", "100m"), ("0.001", "1m"), ("1.5", "1500m"), ("100000m", "100"),
        ("1024Ki", "1Mi"), ("1025Ki", "1025Ki"), ("2048Mi", "2Gi"), ("1.5Mi", "1536Ki"),
        ("12e2", "1200"), ("12e6", "12e6"), ("1E3", "1E3"), ("3.0e3", "3e3"), ("1E", "1E"),
        # A binary amount that is no whole number, or small, is written in decimal.
        ("0.1Ki", "102400m"), ("1.1Ki", "1126400m"), ("0.5Ki", "512"),
        # Nothing is finer than a nano, and nothing that was asked for becomes nothing.
        ("1n", "1n"), ("0.1n", "1n"), ("-0.1n", "-1n"), ("1e-12", "1e-9"), ("1.1n", "2n"),
        # Bounds.
        ("8Ei", "9223372036854775807"), ("-8Ei", "-9223372036854775807"), ("7Ei", "7Ei"),
        ("1000E", "1000E"), ("999999999999999999999", "999999999999999999999"),
        # A text that cannot be written with a larger suffix stays as it is, even so.
        ("1.500", "1.500"), ("+1", "+1"), ("0001", "0001"), ("1.0", "1"), ("-1.5", "-1500m"),
        (" 1 ", "1"), ("512e0", "512e0"),
    ],
)  # fmt: skip
def test_canonical_form(text: str, canonical: str) -> None:
    assert str(Quantity(text)) == canonical


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", PATTERN), (" ", PATTERN), ("1.1.M", PATTERN), ("1+1.0M", PATTERN), ("1 k", PATTERN),
        ("0.1mi", SUFFIX), ("0.1am", PATTERN), ("aoeu", PATTERN), (".5i", SUFFIX), ("1i", SUFFIX),
        ("-3.01i", SUFFIX), ("-3.01e-", SUFFIX), ("1e", SUFFIX), ("1m5", SUFFIX), ("--1", SUFFIX),
        ("1K", SUFFIX), ("1KiB", PATTERN), ("1_000", PATTERN), ("1,5", PATTERN), ("١", PATTERN),
        ("nan", PATTERN), ("inf", PATTERN), ("1e1000", SUFFIX), ("1e99999999999999999999", SUFFIX),
        ("1\x00", PATTERN), ("\ud800", PATTERN), ("9" * 1000, NUMBER), ("9" * 10_000_000, NUMBER),
        ("1" * 200 + "x", PATTERN), ("0" * 255 + "!", PATTERN), ("e" * 256, SUFFIX),
    ],
)  # fmt: skip
def test_a_bad_quantity_is_refused_in_the_words_of_the_api_server(text: str, problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        Quantity(text)
    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        b"1",
        [],
        {},
        float("nan"),
        float("inf"),
        pytest.param(1 << 20_000, id="huge"),
        Decimal(1),
    ],
)
def test_what_is_neither_text_nor_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        Quantity(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("number", "canonical"), [(1, "1"), (1000, "1k"), (0.5, "500m"), (1e22, "10e21"), (-2, "-2")]
)
def test_a_number_counts_as_its_text(number: float, canonical: str) -> None:
    assert str(Quantity(number)) == canonical


@given(TEXTS)
def test_the_canonical_form_is_its_own_canonical_form(text: str) -> None:
    canonical = str(Quantity(text))
    assert str(Quantity(canonical)) == canonical


def test_what_is_read_can_be_written_and_read_again() -> None:
    suffixes = [*SUFFIXES, "e5", "e4", "e-5", "e-1", "e990"]
    beginnings = ["1", "9", "0.9", "9.9", "-9", ".0"]
    for length, beginning, suffix in product(range(250, 258), beginnings, suffixes):
        text = beginning + "9" * (length - len(beginning) - len(suffix)) + suffix
        with suppress(ValueError):
            written = str(Quantity(text))
            assert len(written) <= 256, text
            assert str(Quantity(written)) == written


def test_a_text_that_only_just_fits_and_has_a_longer_form_is_refused() -> None:
    assert str(Quantity("9" * 251 + "e5")) == "9" * 251 + "00e3"
    with pytest.raises(ValueError, match=NUMBER):
        Quantity("9" * 254 + "e5")


@given(TEXTS)
def test_the_canonical_form_keeps_the_amount(text: str) -> None:
    quantity = Quantity(text)
    assert Quantity(str(quantity)) == quantity


@given(st.integers(-(10**30), 10**30), st.integers(-9, 20))
def test_decimal_amounts_are_exact(number: int, power: int) -> None:
    assert Quantity(f"{number}e{power}").amount == Decimal(f"{number}e{power}")


@given(st.integers(-(2**52), 2**52), st.sampled_from(list(Format)))
def test_an_amount_survives_in_every_format(number: int, format: Format) -> None:
    quantity = Quantity.of(number, format=format)
    assert quantity.amount == number
    assert Quantity(str(quantity)).amount == number


@given(st.text(alphabet="0123456789.+-eEinumkKMGTP x", max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        quantity = Quantity(text)
    except ValueError as error:
        problem = str(error)
    else:
        problem = SUFFIX
        assert Quantity(str(quantity)) == quantity
    assert problem.startswith((PATTERN, NUMBER, SUFFIX))


@given(TEXTS, TEXTS)
def test_order_and_sums_are_those_of_the_amounts(one: str, other: str) -> None:
    a, b = Quantity(one), Quantity(other)
    assert (a < b) == (a.amount < b.amount)
    assert (a == b) == (a.amount == b.amount)
    assert (a + b) - b == a
    assert a + b == b + a


def test_equal_amounts_are_equal_and_have_one_hash() -> None:
    gibi, bytes_ = Quantity("1Gi"), Quantity("1073741824")
    assert gibi == bytes_
    assert hash(gibi) == hash(bytes_)
    assert str(gibi) != str(bytes_)
    assert Quantity("1") != "1"
    assert Quantity("1") != 1


def test_a_sum_is_written_as_its_first_amount_unless_that_is_nothing() -> None:
    assert str(Quantity("1Gi") + Quantity("512Mi")) == "1536Mi"
    assert str(Quantity("0") + Quantity("1Gi")) == "1Gi"
    assert str(Quantity("1Gi") + Quantity("1024")) == "1048577Ki"
    assert str(Quantity("1") - Quantity("1.5")) == "-500m"
    assert str(Quantity("0") - Quantity("1Gi")) == "-1Gi"
    assert str(-Quantity("250m")) == "-250m"


@pytest.mark.parametrize(
    ("text", "value", "milli"),
    [
        ("1500m", 2, 1500), ("-1500m", -2, -1500), ("1n", 1, 1), ("0", 0, 0),
        ("1Ki", 1024, 1024000), ("1.0001", 2, 1001), ("1e30", 10**30, 10**33),
    ],
)  # fmt: skip
def test_whole_units_are_rounded_away_from_zero(text: str, value: int, milli: int) -> None:
    assert Quantity(text).value() == value
    assert Quantity(text).milli() == milli


def test_only_zero_is_false() -> None:
    assert not Quantity("0Gi")
    assert not Quantity()
    assert Quantity("1n")
    assert Quantity("-1")


@pytest.mark.parametrize(
    "amount",
    [
        Decimal("nan"),
        Decimal("inf"),
        Decimal("1e1000"),
        Decimal("1e-1001"),
        pytest.param(1 << 20_000, id="huge"),
    ],
)
def test_an_absurd_amount_is_refused(amount: int | Decimal) -> None:
    with pytest.raises(ValueError, match=NUMBER):
        Quantity.of(amount)


def test_a_quantity_is_an_immutable_value() -> None:
    quantity = Quantity.of(512, format=Format.BINARY_SI)
    with pytest.raises(AttributeError, match="immutable"):
        quantity._amount = Decimal(1)
    with pytest.raises(AttributeError, match="immutable"):
        del quantity._text
    assert copy.copy(quantity) is copy.deepcopy(quantity) is quantity
    again = pickle.loads(pickle.dumps(quantity))
    assert (again, again.format, str(again)) == (quantity, Format.BINARY_SI, "512")
    assert repr(quantity) == "Quantity('512')"


def test_a_quantity_is_not_compared_or_added_with_anything_else() -> None:
    for operation in (
        lambda: Quantity("1") + 1,
        lambda: Quantity("1") < 1,
        lambda: Quantity("1") - 1,
    ):
        with pytest.raises(TypeError):
            operation()


@pytest.mark.parametrize("amount", ["1", "x", 1.5, None, True, [], Decimal("nan")])
def test_an_amount_that_is_no_exact_number_is_refused(amount: Any) -> None:
    with pytest.raises(ValueError, match="unable to parse numeric part of quantity"):
        Quantity.of(amount)


@pytest.mark.parametrize(
    ("text", "decimals", "whole"),
    [
        ("0", 0, True),
        ("1500m", 1, False),
        ("2000m", 0, True),
        ("1.500", 1, False),
        ("1Gi", 0, True),
        ("0.5Ki", 0, True),
        ("1.1Ki", 1, False),
        ("100u", 4, False),
        ("-1n", 9, False),
        ("999999999n", 9, True),  # in thousandths, it is 1000 of them
        ("1e3", 0, True),
        ("1e-3", 3, False),
    ],
)
def test_decimals_are_counted_without_zeros(text: str, decimals: int, whole: bool) -> None:
    quantity = Quantity(text)
    for _ in range(2):  # the second time it is known
        assert (quantity.decimals(), quantity.is_whole()) == (decimals, whole)
    assert pickle.loads(pickle.dumps(quantity)).decimals() == decimals
    assert (Quantity("0") + quantity).decimals() == decimals
