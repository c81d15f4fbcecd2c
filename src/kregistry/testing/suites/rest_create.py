"""Create through any Store. Cases RT01 to RT13.

Source: ``k8s.io/apiserver/pkg/registry/rest/resttest`` TestCreate.
"""

from __future__ import annotations

import pytest

from kregistry.meta.context import Context
from kregistry.meta.errors import AlreadyExists, BadRequest, Invalid
from kregistry.meta.time import Time
from kregistry.testing.suites.rest_cases import (
    DRY_RUNS,
    MISMATCH,
    OTHER_NAMESPACE,
    RESTCases,
    RESTHarness,
    creating,
)

_LONG_AGO = Time("2001-01-01T00:00:00Z")


class CreateCases(RESTCases):
    """RT01 to RT13."""

    def test_rt01_a_created_object_has_system_fields(self, rest: RESTHarness) -> None:
        meta = rest.store.create(rest.ctx, rest.obj()).metadata

        assert meta.uid
        assert meta.creation_timestamp is not None
        assert int(meta.resource_version) > 0

    @DRY_RUNS
    def test_rt02_a_name_is_generated(self, rest: RESTHarness, dry_run: tuple[str, ...]) -> None:
        obj = rest.obj("", generate_name="test-")

        made = rest.store.create(rest.ctx, obj, options=creating(dry_run))

        assert made.metadata.name.startswith("test-")
        assert len(made.metadata.name) > len("test-")

    def test_rt03_a_rehearsed_create_stores_nothing(self, rest: RESTHarness) -> None:
        rest.store.create(rest.ctx, rest.obj(), options=creating(("All",)))

        assert rest.absent()

    def test_rt04_a_rehearsed_create_returns_what_a_real_one_does(self, rest: RESTHarness) -> None:
        rehearsed = rest.store.create(rest.ctx, rest.obj(), options=creating(("All",)))
        real = rest.store.create(rest.ctx, rest.obj())

        for obj in (rehearsed, real):
            obj.metadata.uid = obj.metadata.resource_version = ""
            obj.metadata.creation_timestamp = None
        assert rehearsed == real

    def test_rt05_create_returns_what_get_returns(self, rest: RESTHarness) -> None:
        assert rest.store.create(rest.ctx, rest.obj()) == rest.get()

    @DRY_RUNS
    def test_rt06_a_name_that_is_taken_is_refused(
        self, rest: RESTHarness, dry_run: tuple[str, ...]
    ) -> None:
        rest.put()

        with pytest.raises(AlreadyExists):
            rest.store.create(rest.ctx, rest.obj(), options=creating(dry_run))

    @DRY_RUNS
    def test_rt07_the_namespace_of_an_object_is_settled(
        self, rest: RESTHarness, dry_run: tuple[str, ...]
    ) -> None:
        """None at all for a kind without; that of the request for one that does not say."""
        obj = rest.obj(namespace="" if rest.namespaced else "not-default")

        made = rest.store.create(rest.ctx, obj, options=creating(dry_run))

        assert made.metadata.namespace == rest.ctx.namespace

    @DRY_RUNS
    def test_rt08_the_namespace_of_the_request_counts_only_for_kinds_that_have_one(
        self, rest: RESTHarness, dry_run: tuple[str, ...]
    ) -> None:
        ctx = Context(namespace=OTHER_NAMESPACE)

        made = rest.store.create(ctx, rest.obj(namespace=""), options=creating(dry_run))

        assert made.metadata.namespace == (OTHER_NAMESPACE if rest.namespaced else "")

    @DRY_RUNS
    def test_rt09_rt11_namespaces_that_differ_are_refused_where_there_are_any(
        self, rest: RESTHarness, dry_run: tuple[str, ...]
    ) -> None:
        ctx, obj = Context(namespace=OTHER_NAMESPACE), rest.obj(namespace="not-default")

        if rest.namespaced:
            with pytest.raises(BadRequest, match=MISMATCH):
                rest.store.create(ctx, obj, options=creating(dry_run))
        else:
            made = rest.store.create(ctx, obj, options=creating(dry_run))
            assert made.metadata.namespace == ""

    @DRY_RUNS
    def test_rt10_what_the_client_says_of_system_fields_is_dropped(
        self, rest: RESTHarness, dry_run: tuple[str, ...]
    ) -> None:
        obj = rest.obj(uid="bad-uid", creation_timestamp=_LONG_AGO)

        meta = rest.store.create(rest.ctx, obj, options=creating(dry_run)).metadata

        assert meta.uid not in ("", "bad-uid")
        assert meta.creation_timestamp is not None
        assert meta.creation_timestamp > _LONG_AGO

    @DRY_RUNS
    def test_rt12_rules_are_kept(self, rest: RESTHarness, dry_run: tuple[str, ...]) -> None:
        for number, spoil in enumerate(self.invalid_changes()):
            obj = rest.obj(f"foo{number}")
            spoil(obj)

            with pytest.raises(Invalid):
                rest.store.create(rest.ctx, obj, options=creating(dry_run))

    @DRY_RUNS
    @pytest.mark.parametrize("name", [".", "..", "foo/", "foo%"])
    def test_rt13_a_name_must_fit_into_a_path(
        self, rest: RESTHarness, name: str, dry_run: tuple[str, ...]
    ) -> None:
        with pytest.raises(Invalid):
            rest.store.create(rest.ctx, rest.obj(name), options=creating(dry_run))

        assert not list(rest.store.list(rest.ctx))
