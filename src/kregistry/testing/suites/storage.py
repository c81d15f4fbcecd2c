"""StorageSuite: what every storage.Interface must do, cases S001 to S189."""

from __future__ import annotations

from kregistry.testing.suites.storage_delete import DeleteCases
from kregistry.testing.suites.storage_list import ListCases
from kregistry.testing.suites.storage_objects import CreateCases, GetCases
from kregistry.testing.suites.storage_paging import PagingCases
from kregistry.testing.suites.storage_reads import (
    ConsistentListCases,
    OneKeyListCases,
    PrefixListCases,
)
from kregistry.testing.suites.storage_scopes import (
    CompactionCases,
    KeyCases,
    ScopedListCases,
    StatsCases,
)
from kregistry.testing.suites.storage_update import UpdateCases, UpdateRaceCases


class StorageSuite(
    CreateCases,
    GetCases,
    DeleteCases,
    ListCases,
    ConsistentListCases,
    OneKeyListCases,
    PrefixListCases,
    PagingCases,
    UpdateCases,
    UpdateRaceCases,
    StatsCases,
    ScopedListCases,
    CompactionCases,
    KeyCases,
):
    """What every storage must do. Subclass it, supply a backend or a storage, run pytest.

    ::

        class TestMine(StorageSuite):
            @pytest.fixture
            def make_backend(self):
                return MyBackend

    Every case has its number in its name or its id: ``pytest -k S044``.
    """
