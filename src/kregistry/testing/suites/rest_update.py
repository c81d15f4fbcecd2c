"""Update through any Store. Cases RT14 to RT22.

Source: ``k8s.io/apiserver/pkg/registry/rest/resttest`` TestUpdate.
"""

from __future__ import annotations

from typing import Any

import pytest

from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Conflict, Invalid, NotFound
from kregistry.registry.updatedobject import DefaultUpdatedObjectInfo
from kregistry.testing.suites.rest_cases import (
    DRY_RUNS,
    MISMATCH,
    RESTCases,
    RESTHarness,
    updating,
)


class UpdateCases(RESTCases):
    """RT14 to RT22."""

    def test_rt14_an_update_returns_what_get_returns(self, rest: RESTHarness) -> None:
        obj = rest.put()
        self.change(obj)

        done = rest.store.update(rest.ctx, "foo", DefaultUpdatedObjectInfo(obj))

        assert not done.created
        assert done.obj == rest.get()
        assert done.obj.metadata.resource_version != obj.metadata.resource_version

    def test_rt15_a_version_that_is_too_old_is_a_conflict(self, rest: RESTHarness) -> None:
        old = rest.put()
        rest.store.modify(rest.ctx, "foo", self.change)
        newest = rest.get()

        old.metadata.annotations["mine"] = "too"
        with pytest.raises(Conflict):
            rest.store.update(rest.ctx, "foo", DefaultUpdatedObjectInfo(old))

        assert rest.get() == newest

    @DRY_RUNS
    def test_rt16_an_update_of_nothing_creates_or_fails(
        self, rest: RESTHarness, dry_run: tuple[str, ...]
    ) -> None:
        info = DefaultUpdatedObjectInfo(rest.obj())

        if rest.store.update_strategy.allow_create_on_update():
            done = rest.store.update(rest.ctx, "foo", info, options=updating(dry_run))
            assert done.created
        else:
            with pytest.raises(NotFound):
                rest.store.update(rest.ctx, "foo", info, options=updating(dry_run))
            assert rest.absent()

    @DRY_RUNS
    def test_rt17_namespaces_that_differ_are_refused_where_there_are_any(
        self, rest: RESTHarness, dry_run: tuple[str, ...]
    ) -> None:
        obj = rest.put()
        obj.metadata.namespace = "not-default"
        info = DefaultUpdatedObjectInfo(obj)

        if rest.namespaced:
            with pytest.raises(BadRequest, match=MISMATCH):
                rest.store.update(rest.ctx, "foo", info, options=updating(dry_run))
        else:
            ctx = Context(namespace="not-the-same")
            done = rest.store.update(ctx, "foo", info, options=updating(dry_run))
            assert done.obj.metadata.namespace == ""

    @DRY_RUNS
    def test_rt18_rules_are_kept(self, rest: RESTHarness, dry_run: tuple[str, ...]) -> None:
        for number, spoil in enumerate(self.invalid_changes()):
            name = f"foo{number}"
            stored = rest.put(name)
            obj = rest.copy(stored)
            spoil(obj)
            info = DefaultUpdatedObjectInfo(obj)

            with pytest.raises((Invalid, BadRequest)):
                rest.store.update(rest.ctx, name, info, options=updating(dry_run))

            assert rest.get(name) == stored

    @DRY_RUNS
    def test_rt19_a_wrong_uid_is_a_conflict(
        self, rest: RESTHarness, dry_run: tuple[str, ...]
    ) -> None:
        obj = rest.put(uid="UID0000")
        obj.metadata.uid = "UID1111"
        info = DefaultUpdatedObjectInfo(obj)

        with pytest.raises(Conflict):
            rest.store.update(rest.ctx, "foo", info, options=updating(dry_run))

    def test_rt20_a_transformer_sees_the_new_object_and_the_stored_one(
        self, rest: RESTHarness
    ) -> None:
        stored = rest.put()
        wanted = rest.copy(stored)
        self.change(wanted)
        seen: list[tuple[Any, Any]] = []

        def look(ctx: Context, new: Any, old: Any) -> Any:
            seen.append((rest.copy(new), rest.copy(old)))
            return new

        rest.store.update(rest.ctx, "foo", DefaultUpdatedObjectInfo(wanted, look))

        assert seen == [(wanted, stored)]

    @DRY_RUNS
    def test_rt21_what_a_transformer_raises_comes_out_as_it_is(
        self, rest: RESTHarness, dry_run: tuple[str, ...]
    ) -> None:
        stored = rest.put()
        error = RuntimeError("not this one")

        def refuse(ctx: Context, new: Any, old: Any) -> Any:
            raise error

        info = DefaultUpdatedObjectInfo(rest.copy(stored), refuse)
        with pytest.raises(RuntimeError) as caught:
            rest.store.update(rest.ctx, "foo", info, options=updating(dry_run))

        assert caught.value is error
        assert rest.get() == stored

    def test_rt22_the_generation_is_not_the_clients_to_change(self, rest: RESTHarness) -> None:
        obj = rest.put()
        obj.metadata.generation = 2

        done = rest.store.update(rest.ctx, "foo", DefaultUpdatedObjectInfo(obj))

        assert done.obj.metadata.generation == 1
        assert rest.get().metadata.generation == 1
