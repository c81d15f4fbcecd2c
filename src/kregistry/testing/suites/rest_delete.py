"""Delete through any Store. Cases RT23 to RT33.

Source: ``k8s.io/apiserver/pkg/registry/rest/resttest`` TestDelete, TestDeleteGraceful.
"""

from __future__ import annotations

from typing import Any

import pytest

from kregistry.meta.errors import Conflict, NotFound
from kregistry.meta.options import Preconditions
from kregistry.meta.status import Status
from kregistry.registry.store import Store
from kregistry.testing.suites.rest_cases import DRY_RUNS, RESTCases, RESTHarness, deleting

#: More time than a calendar holds.
_FOR_EVER = 3_600_000_000_000


class DeleteCases(RESTCases):
    """RT23 to RT26, with objects that get no time to end."""

    @DRY_RUNS
    def test_rt23_a_delete_of_nothing_fails(
        self, rest: RESTHarness, dry_run: tuple[str, ...]
    ) -> None:
        with pytest.raises(NotFound):
            rest.store.delete(rest.ctx, "foo", options=deleting(dry_run))

    @DRY_RUNS
    def test_rt24_time_is_not_given_by_the_asking(
        self, rest: RESTHarness, dry_run: tuple[str, ...]
    ) -> None:
        rest.put()

        gone = rest.store.delete(
            rest.ctx, "foo", options=deleting(dry_run, grace_period_seconds=10)
        )

        assert gone.immediate
        if rest.store.return_deleted_object:
            assert isinstance(gone.result, rest.store.resource.cls)
        else:
            assert isinstance(gone.result, Status)
            assert gone.result.status == "Success"
        assert rest.absent() is not bool(dry_run)

    @DRY_RUNS
    def test_rt25_a_delete_means_one_uid(self, rest: RESTHarness, dry_run: tuple[str, ...]) -> None:
        rest.put(uid="UID0000")
        wrong, right = Preconditions(uid="UID1111"), Preconditions(uid="UID0000")

        with pytest.raises(Conflict):
            rest.store.delete(rest.ctx, "foo", options=deleting(dry_run, preconditions=wrong))
        assert not rest.absent()

        rest.store.delete(rest.ctx, "foo", options=deleting(dry_run, preconditions=right))
        assert rest.absent() is not bool(dry_run)

    @DRY_RUNS
    def test_rt26_a_delete_means_one_version(
        self, rest: RESTHarness, dry_run: tuple[str, ...]
    ) -> None:
        version = rest.put().metadata.resource_version
        wrong = Preconditions(resource_version="wrongVersion")
        right = Preconditions(resource_version=version)

        with pytest.raises(Conflict):
            rest.store.delete(rest.ctx, "foo", options=deleting(dry_run, preconditions=wrong))
        assert not rest.absent()

        rest.store.delete(rest.ctx, "foo", options=deleting(dry_run, preconditions=right))
        assert rest.absent() is not bool(dry_run)


class GracefulDeleteCases(RESTCases):
    """RT27 to RT33, with objects that get time to end.

    Attributes:
        grace: Seconds that such an object gets when the request does not say.
    """

    grace: int = 30

    def graceful_object(self, store: Store[Any]) -> Any:
        """A valid object that gets *grace* seconds to end."""
        return self.new_object(store)

    @pytest.fixture
    def stored(self, rest: RESTHarness, store: Store[Any]) -> Any:
        """Such an object, stored as foo."""
        obj = self.graceful_object(store)
        obj.metadata.name, obj.metadata.namespace = "foo", rest.ctx.namespace
        obj.metadata.generation = 1
        return rest.put_object(obj)

    def _given(self, obj: Any, grace: int) -> None:
        """It is being deleted, since one request, and has *grace* seconds."""
        assert obj.metadata.deletion_timestamp is not None
        assert obj.metadata.deletion_grace_period_seconds == grace
        assert obj.metadata.generation == 2

    def test_rt27_a_rehearsed_delete_shows_the_time(self, rest: RESTHarness, stored: Any) -> None:
        rehearsed = rest.store.delete(rest.ctx, "foo", options=deleting(("All",)))

        assert not rehearsed.immediate
        self._given(rehearsed.result, self.grace)
        assert rest.get() == stored
        assert not rest.store.delete(rest.ctx, "foo", options=deleting()).immediate

    def test_rt28_an_object_gets_the_time_of_its_kind(self, rest: RESTHarness, stored: Any) -> None:
        assert not rest.store.delete(rest.ctx, "foo", options=deleting()).immediate

        self._given(rest.get(), self.grace)

    def test_rt29_an_object_gets_the_time_that_is_asked_for(
        self, rest: RESTHarness, stored: Any
    ) -> None:
        asked = deleting(grace_period_seconds=self.grace + 2)

        assert not rest.store.delete(rest.ctx, "foo", options=asked).immediate

        self._given(rest.get(), self.grace + 2)

    def test_rt30_a_delete_without_options_is_at_once(self, rest: RESTHarness, stored: Any) -> None:
        assert rest.store.delete(rest.ctx, "foo").immediate
        assert rest.absent()

    def test_rt31_more_time_is_not_given(self, rest: RESTHarness, stored: Any) -> None:
        for seconds in (self.grace, self.grace + 2):
            asked = deleting(grace_period_seconds=seconds)
            assert not rest.store.delete(rest.ctx, "foo", options=asked).immediate

        self._given(rest.get(), self.grace)

    @pytest.mark.parametrize("long", [_FOR_EVER, None], ids=["for ever", "twice"])
    def test_rt32_time_can_become_shorter(
        self, rest: RESTHarness, stored: Any, long: int | None
    ) -> None:
        first = deleting(grace_period_seconds=2 * self.grace if long is None else long)
        assert not rest.store.delete(rest.ctx, "foo", options=first).immediate
        before = rest.get().metadata.deletion_timestamp

        second = deleting(grace_period_seconds=self.grace)
        assert not rest.store.delete(rest.ctx, "foo", options=second).immediate

        self._given(rest.get(), self.grace)
        assert rest.get().metadata.deletion_timestamp < before

    def test_rt33_time_can_end(self, rest: RESTHarness, stored: Any) -> None:
        rest.store.delete(rest.ctx, "foo", options=deleting(grace_period_seconds=self.grace))

        gone = rest.store.delete(rest.ctx, "foo", options=deleting(grace_period_seconds=0))

        assert gone.immediate
        assert rest.absent()
        if rest.store.return_deleted_object:
            self._given(gone.result, 0)
