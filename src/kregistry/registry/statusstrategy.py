"""StatusStrategy: the rules of the endpoint that writes status and nothing else.

Source: ``podStatusStrategy`` and its like; ``customresource/status_strategy.go``.
"""

from __future__ import annotations

from typing import TypeVar

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.registry.standard import Strategy, content_fields
from kregistry.registry.systemfields import reset_for_status
from kregistry.runtime.unstructured import Unstructured

T = TypeVar("T", bound=Object)


class StatusStrategy(Strategy[T]):
    """An update stores the new status, and everything else as it was.

    ::

        rules = Strategy(WIDGETS, status_subresource=True)
        widgets = Store(WIDGETS, storage, rules)
        status = Store(WIDGETS, storage, rules, update_strategy=StatusStrategy(WIDGETS))
    """

    def prepare_for_update(self, ctx: Context, obj: T, old: T) -> None:
        reset_for_status(obj.metadata, old.metadata)
        if isinstance(obj, Unstructured) and isinstance(old, Unstructured):
            status = obj.content.get("status")
            obj.content = {**old.content}
            obj.content.pop("status", None)
            if status is not None:
                obj.content["status"] = status
            return
        for name in content_fields(obj):
            setattr(obj, name, getattr(old, name))
