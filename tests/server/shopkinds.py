"""Resources of strangers: what a server may be asked to serve beside the built-in ones."""

from __future__ import annotations

from kregistry.server.served import ServedResource, ServedSubresource

#: The order in which the API server lists the verbs of custom resources.
CUSTOM_VERBS = (
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "create",
    "update",
    "watch",
)

STATUS = ServedSubresource(name="status", kind="Gadget", verbs=("get", "patch", "update"))
SCALE = ServedSubresource(
    name="scale", kind="Scale", group="autoscaling", version="v1", verbs=("get", "patch", "update")
)

GADGETS = ServedResource(
    group="shop.example",
    version="v1",
    kind="Gadget",
    plural="gadgets",
    verbs=CUSTOM_VERBS,
    short_names=("gd",),
    categories=("all", "shop"),
    subresources=(STATUS, SCALE),
    storage_version_hash="abcdefghijk=",
    custom=True,
)
OLD_GADGETS = ServedResource(
    group="shop.example", version="v1beta1", kind="Gadget", plural="gadgets", verbs=("get",)
)
SHELVES = ServedResource(
    group="shop.example",
    version="v1",
    kind="Shelf",
    plural="shelves",
    verbs=("get", "list", "watch"),
    namespaced=False,
    custom=True,
)


def resource(plural: str = "things", **facts: object) -> ServedResource:
    """A resource in which only what matters is said."""
    said = {"version": "v1", "kind": "Thing", "verbs": ("get",), **facts}
    return ServedResource(plural=plural, **said)  # type: ignore[arg-type]
