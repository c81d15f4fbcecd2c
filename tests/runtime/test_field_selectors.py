from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kregistry.runtime import SelectorError, fields
from kregistry.runtime.fields import Requirement


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("", ""),
        (",,", ""),
        ("a=b", "a=b"),
        ("a==b", "a=b"),
        ("a!=b", "a!=b"),
        ("z=1,a=2", "a=2,z=1"),
        ("a=", "a="),
        ("=b", "=b"),
        ("=", ""),
        (r"a=\,\=\\", r"a=\,\=\\"),
        ("a!b=c", "a!b=c"),
        ("metadata.name=web,", "metadata.name=web"),
    ],
)
def test_selectors_are_read_and_printed(text: str, printed: str) -> None:
    assert str(fields.parse(text)) == printed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"),
        ("b=1,a", "invalid selector: 'b=1,a'; can't understand 'a'"),
        ("a=b=c", "invalid field selector: unescaped character in value: 61"),
        (r"a=\x", r"invalid field selector: invalid escape sequence: \x"),
        ("a=b\\", "invalid field selector: invalid escape sequence: \\"),
        ("a===b", "invalid field selector: unescaped character in value: 61"),
    ],
)
def test_what_is_no_selector_is_told_why(text: str, message: str) -> None:
    with pytest.raises(SelectorError) as caught:
        fields.parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "found", "wanted"),
    [
        ("", {}, True),
        ("a=b", {"a": "b"}, True),
        ("a=b", {"a": "c"}, False),
        ("a=", {}, True),
        ("a!=", {}, False),
        ("a!=b", {}, True),
        ("a!=b", {"a": "b"}, False),
        ("a=b,c=d", {"a": "b"}, False),
        (r"a=x\,y", {"a": "x,y"}, True),
    ],
)
def test_selectors_match(text: str, found: dict[str, str], wanted: bool) -> None:
    assert fields.parse(text).matches(found) is wanted


def test_everything_is_empty_and_nothing_is_not() -> None:
    assert fields.everything().empty
    assert fields.everything().matches({})
    assert not fields.nothing().empty
    assert not fields.nothing().matches({})
    assert str(fields.nothing()) == ""
    assert fields.nothing().transform(lambda field, value: (field, value)) == fields.nothing()
    assert fields.every([fields.nothing(), fields.equals("a", "b")]) == fields.nothing()


def test_only_equality_pins_a_field() -> None:
    selector = fields.parse("a=b,c!=d")
    assert selector.requires_exact_match("a") == "b"
    assert selector.requires_exact_match("c") is None
    assert selector.requires_exact_match("e") is None


def test_fields_are_renamed_and_dropped_by_a_transformation() -> None:
    def change(field: str, value: str) -> tuple[str, str]:
        return ("", "") if field == "gone" else (field.upper(), value + "!")

    assert str(fields.parse("a=b,gone=x,c!=d").transform(change)) == "A=b!,C!=d!"
    assert fields.parse("gone=x").transform(change).empty


def test_a_transformation_may_refuse() -> None:
    def refuse(field: str, value: str) -> tuple[str, str]:
        raise SelectorError(f"field label not supported: {field}")

    with pytest.raises(SelectorError, match=r"^field label not supported: spec\.bogus$"):
        fields.parse("spec.bogus=1").transform(refuse)


def test_selectors_can_be_built() -> None:
    assert str(fields.equals("a", "b,c")) == r"a=b\,c"
    assert str(fields.not_equals("a", "b")) == "a!=b"
    assert str(fields.from_set({"b": "1", "a": "2"})) == "a=2,b=1"
    assert fields.from_set(None) == fields.everything()
    assert str(fields.every([fields.parse("a=b"), fields.parse("c!=d")])) == "a=b,c!=d"


FIELDS = st.from_regex(r"[a-z]{1,4}(\.[a-zA-Z]{1,4}){0,2}", fullmatch=True)


@given(st.lists(st.builds(Requirement, FIELDS, st.text(max_size=5), st.booleans()), max_size=4))
def test_a_printed_selector_reads_as_itself(wanted: list[Requirement]) -> None:
    selector = fields.Selector(sorted(wanted, key=str))
    assert fields.parse(str(selector)) == selector


@given(st.text())
def test_an_escaped_value_reads_as_itself(value: str) -> None:
    assert fields.unescape_value(fields.escape_value(value)) == value


@given(st.text(alphabet="ab=!,\\", max_size=12) | st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        selector = fields.parse(text)
    except SelectorError:
        return
    assert fields.parse(str(selector)) == selector


def test_hostile_lengths_are_answered() -> None:
    for hostile in ("a" * 300_000, "a=" + "\\" * 100_001, "a=b," * 50_000 + "c"):
        with pytest.raises(SelectorError):
            fields.parse(hostile)
    with pytest.raises(SelectorError):
        fields.parse(None)  # type: ignore[arg-type]
