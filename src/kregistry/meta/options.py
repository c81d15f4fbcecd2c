"""What a caller may ask for besides the object: the options of the verbs.

They travel from caller to storage and are shared on the way, so they are frozen; narrow one
with ``attrs.evolve``. All times are seconds. A value of None means that the caller did not say.

Source: ``k8s.io/apimachinery/pkg/apis/meta/v1`` CreateOptions, UpdateOptions, PatchOptions,
DeleteOptions, Preconditions, GetOptions, ListOptions.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from kregistry.meta.model import field


@attrs.frozen(kw_only=True)
class Preconditions:
    """What must be true of the stored object, or the write fails with Conflict.

    Attributes:
        uid: The object is still this one and not a later one of the same name.
        resource_version: Nobody wrote it since.
    """

    uid: str | None = None
    resource_version: str | None = None


@attrs.frozen(kw_only=True)
class GetOptions:
    """How to read one object.

    Attributes:
        resource_version: The answer must not be older than this; "" for the newest, "0" for
            any.
    """

    api_version: ClassVar[str] = "meta.k8s.io/v1"
    kind: ClassVar[str] = "GetOptions"

    resource_version: str = ""


@attrs.frozen(kw_only=True)
class ListOptions:
    """Which objects to list or watch, and from when.

    Attributes:
        label_selector: Such as ``app=web,tier!=cache``; "" for every object.
        field_selector: Such as ``status.phase=Running``; "" for every object.
        watch: Whether changes are wanted instead of a list.
        allow_watch_bookmarks: Whether the watcher understands BOOKMARK events.
        resource_version: Which state to show; "" the newest, "0" any.
        resource_version_match: ``Exact``, ``NotOlderThan`` or "" to read *resource_version* as
            the verb always did.
        timeout_seconds: How long a list may take and a watch may last.
        limit: Most objects in one answer; 0 for all.
        continue_: Token of the answer before, to get the next part of the same list.
        send_initial_events: Whether a watch begins with what exists.
        shard_selector: Which share of a split list is wanted; "" for the whole.
    """

    api_version: ClassVar[str] = "meta.k8s.io/v1"
    kind: ClassVar[str] = "ListOptions"

    label_selector: str = ""
    field_selector: str = ""
    watch: bool = False
    allow_watch_bookmarks: bool = False
    resource_version: str = ""
    resource_version_match: str = field(default="", enum=("Exact", "NotOlderThan"))
    timeout_seconds: int | None = None
    limit: int = 0
    continue_: str = ""
    send_initial_events: bool | None = None
    shard_selector: str = ""


@attrs.frozen(kw_only=True)
class DeleteOptions:
    """How an object goes, and what becomes of those that belong to it.

    Attributes:
        grace_period_seconds: Time to shut down; 0 at once, None what the object asks for.
        preconditions: What must be true of the object.
        orphan_dependents: Superseded by *propagation_policy*; only one of them may be given.
        propagation_policy: ``Orphan``, ``Background`` or ``Foreground``.
        dry_run: ``("All",)`` goes through every step except the last, nothing else is known.
        ignore_store_read_error_with_cluster_breaking_potential: Delete even what cannot be
            read any more, without finalizers and preconditions.
    """

    api_version: ClassVar[str] = "meta.k8s.io/v1"
    kind: ClassVar[str] = "DeleteOptions"

    grace_period_seconds: int | None = None
    preconditions: Preconditions | None = None
    orphan_dependents: bool | None = None
    propagation_policy: str | None = field(
        default=None, enum=("Background", "Foreground", "Orphan")
    )
    dry_run: tuple[str, ...] = field(default=(), list_type="atomic")
    ignore_store_read_error_with_cluster_breaking_potential: bool | None = None


@attrs.frozen(kw_only=True)
class CreateOptions:
    """How an object is added.

    Attributes:
        dry_run: ``("All",)`` goes through every step except the last, nothing else is known.
        field_manager: Under which name the set fields are recorded; "" for the caller's.
        field_validation: What an unknown or repeated field leads to: ``Ignore``, ``Warn``,
            ``Strict`` or "" for ``Warn``.
    """

    api_version: ClassVar[str] = "meta.k8s.io/v1"
    kind: ClassVar[str] = "CreateOptions"

    dry_run: tuple[str, ...] = field(default=(), list_type="atomic")
    field_manager: str = ""
    field_validation: str = field(default="", enum=("Ignore", "Strict", "Warn"))


@attrs.frozen(kw_only=True)
class PatchOptions:
    """How an object is patched; see :class:`CreateOptions` for the fields of the same name.

    Attributes:
        force: Take over fields that another manager holds; for apply only.
    """

    api_version: ClassVar[str] = "meta.k8s.io/v1"
    kind: ClassVar[str] = "PatchOptions"

    dry_run: tuple[str, ...] = field(default=(), list_type="atomic")
    force: bool | None = None
    field_manager: str = ""
    field_validation: str = field(default="", enum=("Ignore", "Strict", "Warn"))


@attrs.frozen(kw_only=True)
class UpdateOptions:
    """How an object is replaced; see :class:`CreateOptions` for the fields."""

    api_version: ClassVar[str] = "meta.k8s.io/v1"
    kind: ClassVar[str] = "UpdateOptions"

    dry_run: tuple[str, ...] = field(default=(), list_type="atomic")
    field_manager: str = ""
    field_validation: str = field(default="", enum=("Ignore", "Strict", "Warn"))
