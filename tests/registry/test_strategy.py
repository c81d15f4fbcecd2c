"""Strategies: what an ABC demands, and what suits a kind without a word."""

from __future__ import annotations

import pytest
from widgetshop import REGIONS, WIDGETS, Widget, WidgetStrategy, widget

from kregistry.meta.context import Context
from kregistry.meta.errors import Invalid
from kregistry.meta.gvk import GroupVersionKind
from kregistry.meta.object import Object
from kregistry.meta.options import DeleteOptions
from kregistry.registry import (
    GarbageCollectionDeleteStrategy,
    GarbageCollectionPolicy,
    NameGenerator,
    ObjectTyper,
    ResetFieldsStrategy,
    RESTCreateStrategy,
    RESTDeleteStrategy,
    RESTGracefulDeleteStrategy,
    RESTUpdateStrategy,
    Store,
    Strategy,
)
from kregistry.registry.validation import dns1035_label_name
from kregistry.storage import Interface


@pytest.mark.parametrize(
    ("abc", "missing"),
    [
        (RESTCreateStrategy, {"prepare_for_create", "validate", "canonicalize", "generate_name"}),
        (RESTUpdateStrategy, {"prepare_for_update", "validate_update", "allow_create_on_update"}),
        (RESTDeleteStrategy, {"object_kinds", "recognizes"}),
        (RESTGracefulDeleteStrategy, {"check_graceful_delete"}),
        (GarbageCollectionDeleteStrategy, {"default_garbage_collection_policy"}),
        (ResetFieldsStrategy, {"get_reset_fields"}),
    ],
)
def test_a_strategy_that_lacks_a_method_cannot_be_made(abc: type, missing: set[str]) -> None:
    class Incomplete(abc):  # type: ignore[misc]
        pass

    with pytest.raises(TypeError) as caught:
        Incomplete()
    assert all(name in str(caught.value) for name in missing)


def test_a_strategy_is_typer_and_name_generator_as_in_go() -> None:
    strategy = Strategy(WIDGETS)
    assert isinstance(strategy, ObjectTyper | NameGenerator | RESTCreateStrategy)
    assert isinstance(strategy, RESTUpdateStrategy)
    assert isinstance(strategy, RESTGracefulDeleteStrategy)


def test_optional_interfaces_have_an_answer_for_those_who_do_not_care(ctx: Context) -> None:
    class Plain(RESTDeleteStrategy[Widget]):
        def object_kinds(self, obj: Object) -> tuple[list[GroupVersionKind], bool]:
            return [WIDGETS.gvk], False

        def recognizes(self, gvk: GroupVersionKind) -> bool:
            return gvk == WIDGETS.gvk

    plain = Plain()
    assert not plain.supports_graceful_delete()
    assert plain.check_graceful_delete(ctx, widget(), DeleteOptions()) is None
    assert plain.default_garbage_collection_policy(ctx) is (
        GarbageCollectionPolicy.DELETE_DEPENDENTS
    )


def test_the_defaults_suit_a_plain_kind(ctx: Context) -> None:
    strategy = Strategy(WIDGETS)
    assert strategy.namespace_scoped()
    assert not Strategy(REGIONS).namespace_scoped()
    assert strategy.object_kinds(widget()) == ([WIDGETS.gvk], False)
    assert strategy.recognizes(WIDGETS.gvk)
    assert not strategy.recognizes(REGIONS.gvk)
    assert not strategy.allow_create_on_update()
    assert strategy.allow_unconditional_update()
    assert not strategy.validate(ctx, widget())
    assert strategy.warnings_on_update(ctx, widget(), widget()) == ()
    assert strategy.get_reset_fields() == {}
    assert strategy.check_graceful_delete(ctx, widget(), DeleteOptions()) is None
    assert strategy.generate_name("a-").startswith("a-")


def test_the_rules_of_create_hold_for_updates_too(ctx: Context) -> None:
    errs = WidgetStrategy(WIDGETS).validate_update(ctx, widget(size=0), widget())
    assert errs.to_aggregate() == "spec.size: Invalid value: 0: must be positive"


def test_a_status_of_its_own_is_nobodys_to_own_through_the_main_endpoint() -> None:
    strategy = Strategy(WIDGETS, status_subresource=True)
    assert strategy.get_reset_fields() == {"shop.example/v1": ("status",)}


def test_a_kind_may_have_its_own_rule_for_names(memory: Interface[Object], ctx: Context) -> None:
    strict = Store(WIDGETS, memory, Strategy(WIDGETS, name_rule=dns1035_label_name))
    with pytest.raises(Invalid, match="a DNS-1035 label"):
        strict.create(ctx, widget("1a"))
    with pytest.raises(Invalid, match=r"metadata\.generateName"):
        strict.create(ctx, widget("", generate_name="1x"))
    loose = Store(WIDGETS, memory)
    assert loose.create(ctx, widget("1a")).metadata.name == "1a"
