"""The pytest plugin: the fixtures ``kube`` and ``kube_factory``.

It is loaded in every run of pytest where kregistry is installed, so nothing is imported here
before a test asks for a server or a comparison of objects fails.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from kregistry.kube.kube import Kube

#: Options that a project may set for all its tests, with what they are if it does not.
_INI: Final = {"storage": "memory", "collect": "manual"}

_MARKER: Final = (
    "kube(storage='memory' or 'sqlite', collect='manual' or 'auto', start='2026-01-31T12:00:00Z', "
    "admission=()): how the server of the fixture kube is to be"
)

_KUBES: Final = pytest.StashKey["list[Kube]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare what a project may say about all its servers."""
    for name, default in _INI.items():
        told = f"what the fixture kube has for {name} unless a marker says otherwise"
        parser.addini(f"kube_{name}", told, default=default)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def kube_factory(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Kube]]:
    """Makes API servers, one for each call, that are gone after the test.

    A call takes the options of :class:`~kregistry.kube.KubeOptions`; what it does not say, the
    marker ``kube`` or the configuration says. The environment points to none of them.
    """
    from kregistry.kube.kube import Kube
    from kregistry.kube.options import KubeOptions

    given = _options(request)
    kubes = request.node.stash.setdefault(_KUBES, [])
    with ExitStack() as stack:

        def make(**options: Any) -> Kube:
            made = Kube(tmp_path_factory.mktemp("kube"), KubeOptions.of(**(given | options)))
            kubes.append(stack.enter_context(made))
            return made

        yield make
    del request.node.stash[_KUBES]


@pytest.fixture
def kube(kube_factory: Callable[..., Kube]) -> Iterator[Kube]:
    """A fresh API server on loopback; ``KUBECONFIG`` points to it."""
    from kregistry.kube.environment import pointing_to

    made = kube_factory()
    with pointing_to(made.kubeconfig):
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure which faults were injected, and what was asked last."""
    made = yield
    if made.failed and (kubes := item.stash.get(_KUBES, None)):
        from kregistry.kube.reporting import report

        made.sections += report(kubes)
    return made


def pytest_assertrepr_compare(
    config: pytest.Config, op: str, left: object, right: object
) -> list[str] | None:
    """Say field by field how two objects differ."""
    if op != "==" or not (_is_ours(left) or _is_ours(right)):
        return None
    from kregistry.kube.explaining import explain

    try:
        return explain(left, right, full=config.get_verbosity() > 1)
    except Exception:  # whatever is odd about the two, the failure itself must be seen
        return None


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What configuration and markers say; the nearest marker has the last word."""
    options: dict[str, Any] = {name: request.config.getini(f"kube_{name}") for name in _INI}
    for marker in reversed(list(request.node.iter_markers("kube"))):
        if marker.args:
            raise ValueError(f"kube: options have names, such as storage='sqlite': {marker.args}")
        options |= marker.kwargs
    return options


def _is_ours(side: object) -> bool:
    """Whether it is one of our objects, or looks like one of Kubernetes, or a list of those."""
    if isinstance(side, list | tuple) and side:
        side = side[0]
    if isinstance(side, dict):
        return "kind" in side and ("metadata" in side or "apiVersion" in side)
    return type(side).__module__.startswith("kregistry.")
