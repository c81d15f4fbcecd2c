from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kregistry.meta.object import Object, ObjectList
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.storage.errors import InternalStorageError, InvalidResourceVersion
from kregistry.storage.versioner import Versioner

versioner = Versioner()


def versioned(version: str) -> Object:
    return Object(metadata=ObjectMeta(name="a", resource_version=version))


def test_an_object_gets_its_revision_as_decimal_text() -> None:
    obj = versioned("")
    versioner.update_object(obj, 5)
    assert obj.metadata.resource_version == "5"
    versioner.update_object(obj, 0)
    assert obj.metadata.resource_version == ""


def test_something_without_metadata_cannot_have_a_revision() -> None:
    with pytest.raises(InternalStorageError, match="has no metadata"):
        versioner.update_object(SimpleNamespace(), 5)  # type: ignore[arg-type]


def test_a_list_must_have_a_revision() -> None:
    objects: ObjectList[Object] = ObjectList()
    versioner.update_list(objects, 7, "token", 3)
    meta = objects.metadata
    assert (meta.resource_version, meta.continue_, meta.remaining_item_count) == ("7", "token", 3)
    with pytest.raises(ValueError, match="illegal resource version from storage: 0"):
        versioner.update_list(objects, 0, "", None)


@pytest.mark.parametrize(("text", "revision"), [("", 0), ("0", 0), ("5", 5), ("007", 7)])
def test_the_revision_of_an_object_is_read(text: str, revision: int) -> None:
    assert versioner.object_resource_version(versioned(text)) == revision


def test_the_version_of_an_object_that_is_no_number_is_an_error() -> None:
    with pytest.raises(ValueError) as caught:
        versioner.object_resource_version(versioned("a"))
    assert str(caught.value) == 'strconv.ParseUint: parsing "a": invalid syntax'


@pytest.mark.parametrize(
    ("text", "revision"),
    [("", 0), ("0", 0), ("1", 1), ("10", 10), (str(2**64 - 1), 2**64 - 1), ("0" * 50 + "1", 1)],
)
def test_versions_are_unsigned_64_bit_numbers(text: str, revision: int) -> None:
    assert versioner.parse_resource_version(text) == revision


@pytest.mark.parametrize("text", ["a", " ", "-1", "+1", "1 ", "1.0", "1_0", "٣", "0x1", "1\n"])
def test_anything_else_is_an_invalid_version(text: str) -> None:
    with pytest.raises(InvalidResourceVersion, match="resourceVersion: Invalid value: ") as caught:
        versioner.parse_resource_version(text)
    assert str(caught.value).endswith(": invalid syntax")


@pytest.mark.parametrize("text", [str(2**64), "9" * 10_000])
def test_a_version_that_is_too_long_is_out_of_range(text: str) -> None:
    with pytest.raises(InvalidResourceVersion, match="value out of range"):
        versioner.parse_resource_version(text)


@pytest.mark.parametrize("text", [5, None, b"5"])
def test_a_version_that_is_no_text_is_refused(text: Any) -> None:
    with pytest.raises(InvalidResourceVersion):
        versioner.parse_resource_version(text)


@pytest.mark.parametrize(
    ("left", "right", "order"), [("1", "2", -1), ("2", "2", 0), ("10", "9", 1)]
)
def test_versions_compare_as_numbers(left: str, right: str, order: int) -> None:
    assert versioner.compare_resource_version(versioned(left), versioned(right)) == order


def test_what_is_never_stored_is_cleared() -> None:
    obj = Object(metadata=ObjectMeta(name="a", resource_version="5", self_link="/x"))
    versioner.prepare_object_for_storage(obj)
    assert (obj.metadata.resource_version, obj.metadata.self_link) == ("", "")


def test_an_object_of_somebody_else_is_not_changed_to_be_stored() -> None:
    obj = Object(metadata=ObjectMeta(name="a", resource_version="5", self_link="/x"))
    bare = versioner.prepared(obj)
    assert (bare.metadata.name, bare.metadata.resource_version) == ("a", "")
    assert (obj.metadata.resource_version, obj.metadata.self_link) == ("5", "/x")
    assert versioner.prepared(bare) is bare
