from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from kregistry.runtime import Codec

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(params=["stdlib", "orjson"])
def codec(request: pytest.FixtureRequest) -> Codec:
    if request.param == "orjson":
        pytest.importorskip("orjson")
    return Codec(engine=request.param)


@pytest.fixture(scope="session")
def pod_document() -> dict[str, Any]:
    return json.loads((BENCHMARKS / "pod.json").read_text())


@pytest.fixture(scope="session")
def plain_converter() -> Any:
    """A cattrs converter that shares no code with the codec but the facts of the model."""
    spec = importlib.util.spec_from_file_location("plain_cattrs", BENCHMARKS / "plain_cattrs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.plain_converter()
