"""Generated names are short, unmistakable and reproducible when a test wants them so."""

from __future__ import annotations

import random

import pytest

from kregistry.meta.names import dns1123_subdomain
from kregistry.registry import NameGenerator, SimpleNameGenerator
from kregistry.registry.names import ALPHABET


def test_the_alphabet_has_27_symbols_without_vowels_and_lookalikes() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 27
    assert not set(ALPHABET) & set("aeiou013")


def test_a_name_is_its_base_and_five_symbols() -> None:
    name = SimpleNameGenerator().generate_name("job-")
    assert name.startswith("job-")
    assert len(name) == 9
    assert set(name[4:]) <= set(ALPHABET)


@pytest.mark.parametrize("base", ["x" * 58, "x" * 59, "x" * 500])
def test_a_long_base_is_cut_so_that_the_name_has_63_bytes(base: str) -> None:
    assert len(SimpleNameGenerator().generate_name(base)) == 63


def test_a_base_is_cut_between_characters_and_counted_in_bytes() -> None:
    name = SimpleNameGenerator().generate_name("é" * 40)
    assert name[:-5] == "é" * 29
    assert len(name.encode()) == 63


def test_the_same_seed_gives_the_same_names() -> None:
    one, other = (SimpleNameGenerator(random.Random(7)) for _ in range(2))
    assert [one.generate_name("a") for _ in range(9)] == [
        other.generate_name("a") for _ in range(9)
    ]


def test_names_differ_from_call_to_call_and_are_valid() -> None:
    generator = SimpleNameGenerator()
    names = {generator.generate_name("a-") for _ in range(500)}
    assert len(names) > 490
    assert not any(dns1123_subdomain(name) for name in names)


def test_a_generator_of_ones_own_has_one_method() -> None:
    class Counting(NameGenerator):
        def generate_name(self, base: str) -> str:
            return f"{base}1"

    assert Counting().generate_name("a") == "a1"
    with pytest.raises(TypeError, match="generate_name"):
        NameGenerator()  # type: ignore[abstract]
