from __future__ import annotations

import pytest

from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.storage.errors import InternalStorageError, InvalidObject
from kregistry.storage.preconditions import UNCONDITIONAL, Preconditions

obj = Object(metadata=ObjectMeta(uid="A", resource_version="10"))


@pytest.mark.parametrize(
    "fitting",
    [
        UNCONDITIONAL,
        Preconditions(uid="A"),
        Preconditions(resource_version="10"),
        Preconditions("A", "10"),
    ],
)
def test_what_holds_passes(fitting: Preconditions) -> None:
    fitting.check("/k", obj)


@pytest.mark.parametrize(
    ("broken", "detail"),
    [
        (Preconditions(uid="B"), "UID in precondition: B, UID in object meta: A"),
        (
            Preconditions(resource_version="1"),
            "ResourceVersion in precondition: 1, ResourceVersion in object meta: 10",
        ),
        (Preconditions("B", "1"), "UID in precondition: B, UID in object meta: A"),
        (Preconditions(uid=""), "UID in precondition: , UID in object meta: A"),
    ],
)
def test_what_does_not_hold_is_an_invalid_object(broken: Preconditions, detail: str) -> None:
    with pytest.raises(InvalidObject) as caught:
        broken.check("/k", obj)
    assert str(caught.value) == (
        "StorageError: invalid object, Code: 4, Key: /k, ResourceVersion: 0, "
        f"AdditionalErrorMsg: Precondition failed: {detail}"
    )


def test_preconditions_on_something_without_metadata_cannot_be_checked() -> None:
    with pytest.raises(InternalStorageError, match=r"\Acan't enforce preconditions"):
        Preconditions(uid="A").check("/k", None)


def test_no_preconditions_pass_on_anything() -> None:
    UNCONDITIONAL.check("/k", None)
