"""StorageCases: where every storage case gets its storage from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from kregistry.meta.errors import BadRequest
from kregistry.meta.object import Object
from kregistry.storage import factory
from kregistry.storage.backend import Backend
from kregistry.storage.config import Config
from kregistry.storage.interface import Interface
from kregistry.testing.forwarding import Counting
from kregistry.testing.harness import PODS, Harness, MakeStorage, SwitchableTransformer

#: How a request that makes no sense is refused.
REFUSED = (BadRequest, ValueError)


class StorageCases:
    """Supply *make_backend* for a backend of your own, or *make_storage* for a whole storage.

    Attributes:
        patience: Seconds after which an expected event counts as lost.
        quiet: Seconds of silence that count as "nothing more comes".
    """

    patience: float = 30.0
    quiet: float = 0.1

    @pytest.fixture
    def make_backend(self) -> Callable[[], Backend]:
        """Makes a fresh, empty backend."""
        pytest.fail("supply a make_backend or a make_storage fixture")

    @pytest.fixture
    def counting(self) -> list[Counting]:
        """The backends made through *make_backend*, newest last."""
        return []

    @pytest.fixture
    def make_storage(
        self, make_backend: Callable[[], Backend], counting: list[Counting]
    ) -> MakeStorage:
        """Makes a storage over a fresh, empty backend, as the Config says."""

        def make(config: Config) -> Interface[Object]:
            counting.append(Counting(make_backend()))
            return factory.create(attrs.evolve(config, backend=counting[-1]))

        return make

    @pytest.fixture
    def make_harness(
        self, make_storage: MakeStorage, counting: list[Counting]
    ) -> Iterator[Callable[..., Harness]]:
        """Makes a storage under test, with more settings of its Config; closes it at the end."""
        made: list[Harness] = []

        def make(**settings: Any) -> Harness:
            transformer = SwitchableTransformer()
            root = make_storage(
                Config(prefix="", transformer=transformer, compaction_interval=0, **settings)
            )
            harness = Harness(
                root=root,
                pods=root.for_resource(PODS),
                transformer=transformer,
                counting=counting[-1] if counting else None,
                patience=self.patience,
                quiet=self.quiet,
            )
            made.append(harness)
            return harness

        yield make
        for harness in made:
            harness.close()

    @pytest.fixture
    def h(self, make_harness: Callable[..., Harness]) -> Harness:
        """The storage under test and what goes with it."""
        return make_harness()
