"""RESTStorageSuite: what every Store must do, whatever kind it keeps. Cases RT01 to RT43.

Source: ``k8s.io/apiserver/pkg/registry/rest/resttest``.
"""

from __future__ import annotations

from kregistry.testing.suites.rest_create import CreateCases
from kregistry.testing.suites.rest_delete import DeleteCases, GracefulDeleteCases
from kregistry.testing.suites.rest_read import ReadCases, TableCases, WatchCases
from kregistry.testing.suites.rest_update import UpdateCases


class RESTStorageSuite(CreateCases, UpdateCases, DeleteCases, ReadCases, TableCases, WatchCases):
    """What every Store must do. Subclass it, supply a Store, run pytest.

    ::

        class TestWidgets(RESTStorageSuite):
            @pytest.fixture
            def store(self):
                with factory.create(Config()) as storage:
                    yield Store(WIDGETS, storage)

    It fits kinds with and without namespaces. What else a kind may need is in ``new_object``,
    ``change``, ``invalid_changes`` and ``field_selectors``. Some cases store objects behind the
    back of all rules, through ``store.storage``.

    Every case has its number in its name: ``pytest -k rt12``.
    """


class GracefulRESTStorageSuite(RESTStorageSuite, GracefulDeleteCases):
    """The same, for a kind of which some objects get time to end when they are deleted.

    Set ``grace``, and override ``graceful_object`` if not every object gets it; then
    ``new_object`` makes one that does not.
    """
