from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kregistry.meta.labelselector import LabelSelector, LabelSelectorRequirement
from kregistry.runtime import SelectorError, labels
from kregistry.runtime.labels import Operator, Requirement

KEY_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',"
    "  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("", ""),
        ("\rx", "x"),
        ("!x", "!x"),
        ("x=a", "x=a"),
        ("x==a", "x==a"),
        ("x != a", "x!=a"),
        ("x=", "x="),
        ("x= ,z= ", "x=,z="),
        ("z=1,a=2", "a=2,z=1"),
        ("x in (b,a)", "x in (a,b)"),
        ("x notin\n (a)", "x notin (a)"),
        ("x in ()", "x in ()"),
        ("x in (a,)", "x in (,a)"),
        ("x in (,a)", "x in (,a)"),
        ("x in (a,,b)", "x in (,a,b)"),
        ("x in (,,,)", "x in ()"),
        ("in in (in,notin)", "in in (in,notin)"),
        ("in,notin", "in,notin"),
        ("x>7,y<8", "x>7,y<8"),
        ("a.b/c in (d)", "a.b/c in (d)"),
        ("x,!y\0 rest is ignored (", "x,!y"),
    ],
)
def test_selectors_are_read_and_printed(text: str, printed: str) -> None:
    assert str(labels.parse(text)) == printed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("=a", "found '=', expected: !, identifier, or 'end of string'"),
        ("x,", "found '', expected: identifier after ','"),
        ("x,,y", "found ',', expected: identifier after ','"),
        ("x=a b", "found 'b', expected: ',' or 'end of string'"),
        ("!x=a", "found '=', expected: ',' or 'end of string'"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        (
            "x y",
            "unable to parse requirement: found 'y', expected: in, notin, =, ==, !=, gt, lt",
        ),
        ("x in", "unable to parse requirement: found '' expected: '('"),
        ("x in a", "unable to parse requirement: found 'a' expected: '('"),
        ("x in (=", "unable to parse requirement: found '=', expected: ',', ')' or identifier"),
        ("x in (a b)", "unable to parse requirement: found 'b', expected: ',' or ')'"),
        ("x in (a,", "unable to parse requirement: found '', expected: ',', or identifier"),
        ("x in (,=", "unable to parse requirement: found '=', expected: ',', or identifier"),
        ("x==!", "unable to parse requirement: found '!', expected: identifier"),
        ("a b=c", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a%=c", f'unable to parse requirement: <nil>: Invalid value: "a%": {KEY_RULE}'),
        (
            "key=-1",
            f'unable to parse requirement: values[0][key]: Invalid value: "-1": {VALUE_RULE}',
        ),
        (
            "x>a",
            'unable to parse requirement: values[0]: Invalid value: "a": '
            "for 'Gt', 'Lt' operators, the value must be an integer",
        ),
    ],
)
def test_what_is_no_selector_is_told_why(text: str, message: str) -> None:
    with pytest.raises(SelectorError) as caught:
        labels.parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("operator", "values", "message"),
    [
        (
            "in",
            [],
            "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
        ),
        (
            "=",
            ["a", "b"],
            'values: Invalid value: ["a","b"]: exact-match compatibility requires one single value',
        ),
        (
            "exists",
            ["a"],
            'values: Invalid value: ["a"]: values set must be empty for exists and does not exist',
        ),
        (
            "gt",
            [],
            "values: Invalid value: []: for 'Gt', 'Lt' operators, exactly one value is required",
        ),
        (
            "~",
            [],
            'operator: Unsupported value: "~": supported values: '
            '"in", "notin", "=", "==", "!=", "gt", "lt", "exists", "!"',
        ),
    ],
)
def test_a_requirement_checks_itself(operator: str, values: list[str], message: str) -> None:
    with pytest.raises(SelectorError) as caught:
        Requirement("key", operator, values)
    assert str(caught.value) == message


def test_a_requirement_names_all_its_faults() -> None:
    with pytest.raises(SelectorError) as caught:
        Requirement("", "in", ["a b"])
    assert str(caught.value) == (
        f'[key: Invalid value: "": name part must be non-empty; {KEY_RULE}, '
        f'values[0][]: Invalid value: "a b": {VALUE_RULE}]'
    )


@pytest.mark.parametrize(
    ("text", "found", "wanted"),
    [
        ("", {}, True),
        ("x=a", {"x": "a", "y": "b"}, True),
        ("x=a", {"x": "b"}, False),
        ("x=a", {}, False),
        ("x!=a", {}, True),
        ("x!=a", {"x": "a"}, False),
        ("x=", {"x": ""}, True),
        ("x=", {}, False),
        ("x in (a,b)", {"x": "b"}, True),
        ("x notin (a,b)", {"x": "b"}, False),
        ("x notin (a,b)", {}, True),
        ("x", {"x": ""}, True),
        ("x", {}, False),
        ("!x", {}, True),
        ("!x", {"x": "a"}, False),
        ("x>7", {"x": "8"}, True),
        ("x>7", {"x": "7"}, False),
        ("x<7", {"x": "-8"}, True),
        ("x<7", {"x": "many"}, False),
        ("x<7", {"x": " 6"}, False),
        ("x<7", {"x": "1_0"}, False),
        ("x<7", {"x": "٣"}, False),
        ("x>7", {}, False),
        ("x>7", {"x": "9" * 5000}, False),
        ("x>7", {"x": "0" * 5000 + "8"}, True),
        ("x=a,y=b", {"x": "a"}, False),
    ],
)
def test_selectors_match(text: str, found: dict[str, str], wanted: bool) -> None:
    assert labels.parse(text).matches(found) is wanted


def test_everything_is_empty_and_nothing_is_not() -> None:
    assert labels.everything().empty
    assert labels.everything().matches({})
    assert not labels.nothing().empty
    assert not labels.nothing().matches({"x": "a"})
    assert str(labels.nothing()) == ""
    assert labels.nothing() != labels.everything()
    assert labels.nothing().add(Requirement("x", "exists")) == labels.nothing()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x=a", "a"),
        ("x==a", "a"),
        ("x in (a)", "a"),
        ("x in (a,b)", None),
        ("x!=a", None),
        ("x", None),
        ("y=a", None),
        ("x!=b,x=a", None),
    ],
)
def test_exact_matches_are_known(text: str, value: str | None) -> None:
    assert labels.parse(text).requires_exact_match("x") == value


def test_added_requirements_are_sorted_in() -> None:
    selector = labels.parse("m=1").add(Requirement("a", "exists"), Requirement("z", "!"))
    assert str(selector) == "a,m=1,!z"


def test_a_set_becomes_equalities() -> None:
    assert str(labels.from_set({"b": "1", "a": "2"})) == "a=2,b=1"
    assert labels.from_set(None) == labels.everything()
    with pytest.raises(SelectorError):
        labels.from_set({"a": "b c"})


def test_a_struct_becomes_a_selector() -> None:
    selector = LabelSelector(
        match_labels={"app": "web"},
        match_expressions=[
            LabelSelectorRequirement(key="tier", operator="In", values=["b", "a"]),
            LabelSelectorRequirement(key="old", operator="DoesNotExist"),
            LabelSelectorRequirement(key="zone", operator="Exists"),
            LabelSelectorRequirement(key="env", operator="NotIn", values=["dev"]),
        ],
    )
    assert str(labels.from_label_selector(selector)) == (
        "app=web,env notin (dev),!old,tier in (a,b),zone"
    )
    assert labels.from_label_selector(None) == labels.nothing()
    assert labels.from_label_selector(LabelSelector()) == labels.everything()


def test_a_struct_with_an_unknown_operator_is_refused() -> None:
    selector = LabelSelector(match_expressions=[LabelSelectorRequirement(key="a", operator="Near")])
    with pytest.raises(SelectorError, match=r'^"Near" is not a valid label selector operator$'):
        labels.from_label_selector(selector)


KEYS = st.from_regex(
    r"([a-z]{1,5}\.[a-z]{1,3}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,5}[A-Za-z0-9])?", fullmatch=True
)
VALUES = st.from_regex(r"(([A-Za-z0-9][-A-Za-z0-9_.]{0,5})?[A-Za-z0-9])?", fullmatch=True)
NUMBERS = st.integers(min_value=0, max_value=2**63 - 1).map(str)


@st.composite
def requirements(draw: st.DrawFn) -> Requirement:
    operator = draw(st.sampled_from(Operator))
    if operator in (Operator.EXISTS, Operator.DOES_NOT_EXIST):
        values: list[str] = []
    elif operator in (Operator.GREATER_THAN, Operator.LESS_THAN):
        values = [draw(NUMBERS)]
    elif operator in (Operator.IN, Operator.NOT_IN):
        values = draw(st.lists(VALUES, min_size=1, max_size=4))
    else:
        values = [draw(VALUES)]
    return Requirement(draw(KEYS), operator, values)


@given(st.lists(requirements(), max_size=5))
def test_a_printed_selector_reads_as_itself(wanted: list[Requirement]) -> None:
    selector = labels.Selector(wanted)
    assert labels.parse(str(selector)) == selector


@given(st.lists(requirements(), max_size=4), st.dictionaries(KEYS, VALUES | NUMBERS, max_size=4))
def test_reading_does_not_change_what_matches(
    wanted: list[Requirement], found: dict[str, str]
) -> None:
    selector = labels.Selector(wanted)
    assert labels.parse(str(selector)).matches(found) == selector.matches(found)
    assert selector.matches(found) == all(each.matches(found) for each in wanted)


@given(st.text(alphabet="ab!=<>(),\0 \tinot/-", max_size=20) | st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        selector = labels.parse(text)
    except SelectorError:
        return
    assert labels.parse(str(selector)) == selector


def test_hostile_lengths_are_answered() -> None:
    for hostile in ("x in (" + "a," * 100_000, "!" * 100_000, "(" * 100_000, "x" * 300_000):
        with pytest.raises(SelectorError):
            labels.parse(hostile)
    with pytest.raises(SelectorError):
        labels.parse(b"x=a")  # type: ignore[arg-type]
