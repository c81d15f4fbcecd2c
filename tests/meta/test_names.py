from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kregistry.meta import names

SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    r"for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
NAME_PART = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
LABEL_KEY = (
    "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex "
    "used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS "
    "subdomain prefix and '/' (e.g. 'example.com/MyName')"
)
LABEL_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',"
    "  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
LABEL_1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123',"
    " regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)


@pytest.mark.parametrize("good", ["a", "a.b", "web-1", "0", "x" * 253, "a-b.c-d"])
def test_a_subdomain_is_fine(good: str) -> None:
    assert names.dns1123_subdomain(good) == []


@pytest.mark.parametrize(
    "bad", ["", "Web", "a_b", "-x", "x-", "a..b", "web/1", "é", "a\n", "٣", "a.", ".a", "\0"]
)
def test_what_is_no_subdomain_is_told_the_rule(bad: str) -> None:
    assert names.dns1123_subdomain(bad) == [SUBDOMAIN]


def test_a_long_subdomain_is_told_its_limit_only() -> None:
    assert names.dns1123_subdomain("x" * 254) == ["must be no more than 253 characters"]


def test_a_long_wrong_subdomain_is_told_both() -> None:
    assert names.dns1123_subdomain("X" * 254) == [
        "must be no more than 253 characters",
        SUBDOMAIN,
    ]


def test_a_label_may_not_have_dots() -> None:
    assert names.dns1123_label("a.b") == ["must not contain dots"]
    assert names.dns1123_label("a_b") == [LABEL]
    assert names.dns1123_label("a" * 64) == ["must be no more than 63 characters"]
    assert names.dns1123_label("1-a") == []


def test_a_1035_label_starts_with_a_letter() -> None:
    assert names.dns1035_label("a-1") == []
    assert names.dns1035_label("1-a") == [LABEL_1035]


@pytest.mark.parametrize("good", ["a", "A.b_c-d", "example.com/Name", "0.1/9", "x" * 63])
def test_a_qualified_name_is_fine(good: str) -> None:
    assert names.qualified_name(good) == []


@pytest.mark.parametrize(
    ("bad", "messages"),
    [
        ("a b", [NAME_PART]),
        ("x/y/z", [LABEL_KEY]),
        ("A B/c", ["prefix part " + SUBDOMAIN]),
        ("/c", ["prefix part must be non-empty"]),
        ("a/", ["name part must be non-empty", NAME_PART]),
        ("", ["name part must be non-empty", NAME_PART]),
        ("x" * 64, ["name part must be no more than 63 bytes"]),
        ("é" * 32, ["name part must be no more than 63 bytes", NAME_PART]),
        ("a\n", [NAME_PART]),
    ],
)
def test_what_is_no_qualified_name_is_told_why(bad: str, messages: list[str]) -> None:
    assert names.qualified_name(bad) == messages


def test_label_values_may_be_empty() -> None:
    assert names.label_value("") == []
    assert names.label_value("a_B.c-1") == []
    assert names.label_value("c d") == [LABEL_VALUE]
    assert names.label_value("x" * 64) == ["must be no more than 63 bytes"]


def test_a_path_segment_is_neither_a_step_nor_several() -> None:
    assert names.path_segment_name("any thing: é") == []
    assert names.path_segment_name(".") == ["may not be '.'"]
    assert names.path_segment_name("..") == ["may not be '..'"]
    assert names.path_segment_name("a/b%c") == ["may not contain '/'", "may not contain '%'"]


def test_a_prefix_may_be_dots_because_more_follows() -> None:
    assert names.path_segment_name(".", prefix=True) == []
    assert names.path_segment_name("a/", prefix=True) == ["may not contain '/'"]


def test_the_last_dash_of_a_prefix_is_masked() -> None:
    assert names.mask_trailing_dash("web-") == "wea"
    assert names.mask_trailing_dash("-") == "-"
    assert names.mask_trailing_dash("web") == "web"


@given(st.text())
def test_no_text_breaks_a_rule(text: str) -> None:
    for rule in (
        names.dns1123_label,
        names.dns1123_subdomain,
        names.dns1035_label,
        names.qualified_name,
        names.label_value,
        names.path_segment_name,
    ):
        assert all(isinstance(message, str) for message in rule(text))


def test_hostile_lengths_are_answered() -> None:
    for hostile in ("a" * 200_000 + "!", "a." * 100_000 + "!", "a-" * 100_000, "\ud800"):
        assert names.dns1123_subdomain(hostile)
        assert names.label_value(hostile)
