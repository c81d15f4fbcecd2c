"""BackendSuite: what every storage.Backend must do."""

from __future__ import annotations

from kregistry.testing.suites.backend_advance import AdvanceCases
from kregistry.testing.suites.backend_store import (
    CloseCases,
    CompactionCases,
    RangeCases,
    WriteCases,
)
from kregistry.testing.suites.backend_streams import (
    ExpiryCases,
    FallingBehindCases,
    ParkingCases,
    StreamCases,
)


class BackendSuite(
    WriteCases,
    RangeCases,
    CompactionCases,
    CloseCases,
    StreamCases,
    ParkingCases,
    FallingBehindCases,
    ExpiryCases,
    AdvanceCases,
):
    """What every backend must do. Subclass it, supply *make_backend*, run pytest.

    ::

    class TestMine(BackendSuite):
        @pytest.fixture
        def make_backend(self):
            return MyBackend
    """
