"""``import kregistry`` is the one door: it shows everything, and it is light."""

from __future__ import annotations

import subprocess
import sys

import pytest

import kregistry

OPTIONAL = (
    "grpc",
    "sqlite3",
    "asyncio",
    "http",
    "orjson",
    "yaml",
    "pytest",
    "hypothesis",
    "socket",
    "ssl",
)


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stdout.split())


def test_all_is_the_door() -> None:
    assert kregistry.__all__ == sorted(kregistry.__all__)
    for name in kregistry.__all__:
        assert getattr(kregistry, name) is not None
    public = {name for name in dir(kregistry) if not name.startswith("_")}
    assert set(kregistry.__all__) - {"__version__"} <= public


def test_what_the_door_does_not_have_is_named_in_the_error() -> None:
    with pytest.raises(AttributeError, match="Sotre"):
        kregistry.Sotre  # type: ignore[attr-defined] # noqa: B018


def test_importing_the_door_imports_nothing_optional() -> None:
    plain = modules_after("import attrs, cattrs, typing_extensions")
    loaded = modules_after("import kregistry") - plain
    assert not [name for name in OPTIONAL if name in loaded]


def test_every_everyday_name_loads_without_anything_optional() -> None:
    plain = modules_after("import attrs, cattrs, typing_extensions")
    loaded = modules_after("from kregistry import *") - plain
    assert not [name for name in OPTIONAL if name in loaded]
