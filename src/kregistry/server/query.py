"""Query: the parameters of a request, and the options of the verbs that they stand for.

Everything is lenient but numbers: unknown parameters do not count, the first value of a repeated
one does, and any text but ``0`` and ``false`` is true.

Source: ``k8s.io/apimachinery/pkg/runtime`` Convert_Slice_string_To_bool and its like,
``pkg/apis/meta/v1`` Convert_url_Values_To_v1_ListOptions and its like.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote_plus

from kregistry.meta.errors import BadRequest
from kregistry.meta.goformat import quote
from kregistry.meta.options import (
    CreateOptions,
    DeleteOptions,
    GetOptions,
    ListOptions,
    PatchOptions,
    Preconditions,
    UpdateOptions,
)
from kregistry.meta.time import Time
from kregistry.runtime.limits import INT64_MAX, INT64_MIN

#: A request with more parameters is nobody's who means well.
MAX_PARAMETERS: Final = 1000

_DIGITS: Final = frozenset("0123456789")


class Query:
    """The parameters of one request. Immutable.

    Args:
        raw: What stands after the question mark. What Go would refuse, a pair with a semicolon
            or with a malformed escape, does not count.

    Raises:
        BadRequest: There are more than a thousand parameters (400).
    """

    __slots__ = ("_values",)

    def __init__(self, raw: str) -> None:
        self._values: dict[str, list[str]] = {}
        if not raw:
            return
        pairs = raw.split("&", MAX_PARAMETERS)
        if len(pairs) > MAX_PARAMETERS:
            raise BadRequest(f"too many query parameters: the limit is {MAX_PARAMETERS}")
        for pair in pairs:
            if pair and ";" not in pair:
                name, _, value = pair.partition("=")
                self._values.setdefault(_unescaped(name), []).append(_unescaped(value))

    def __len__(self) -> int:
        """How many parameters there are, each name once."""
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of that name, in order."""
        return tuple(self._values.get(name, ()))

    def text(self, name: str) -> str:
        """The first value; "" if there is none."""
        values = self._values.get(name)
        return values[0] if values else ""

    def optional_text(self, name: str) -> str | None:
        """The first value; None if there is none."""
        return self.text(name) if name in self._values else None

    def flag(self, name: str) -> bool:
        """Whether it says yes: whatever is there and neither ``0`` nor ``false`` does."""
        return bool(self.optional_flag(name))

    def optional_flag(self, name: str) -> bool | None:
        """The same; None if the parameter is not there."""
        if name not in self._values:
            return None
        return self.text(name) != "0" and self.text(name).lower() != "false"

    def number(self, name: str) -> int:
        """The whole number; 0 if the parameter is not there.

        Raises:
            BadRequest: It is no number of 64 bits (400).
        """
        return self.optional_number(name) or 0

    def optional_number(self, name: str) -> int | None:
        """The same; None if the parameter is not there."""
        return _int64(self.text(name)) if name in self._values else None

    def optional_time(self, name: str) -> Time | None:
        """A time such as ``2026-01-02T03:04:05Z``; None if there is none.

        Raises:
            BadRequest: It is no time (400).
        """
        if not (text := self.text(name)):
            return None
        try:
            return Time.parse(text)
        except ValueError as error:
            raise BadRequest(str(error)) from error

    def get_options(self) -> GetOptions:
        """How to read one object."""
        return GetOptions(resource_version=self.text("resourceVersion"))

    def list_options(self) -> ListOptions:
        """Which objects are wanted.

        Raises:
            BadRequest: A number is none (400).
        """
        timeout = self.optional_number("timeoutSeconds")
        return ListOptions(
            label_selector=self.text("labelSelector"),
            field_selector=self.text("fieldSelector"),
            watch=self.flag("watch"),
            allow_watch_bookmarks=self.flag("allowWatchBookmarks"),
            resource_version=self.text("resourceVersion"),
            resource_version_match=self.text("resourceVersionMatch"),
            timeout_seconds=timeout,
            limit=self.number("limit"),
            continue_=self.text("continue"),
            send_initial_events=self.optional_flag("sendInitialEvents"),
        )

    def create_options(self) -> CreateOptions:
        """How an object is added."""
        return CreateOptions(
            dry_run=self.all("dryRun"),
            field_manager=self.text("fieldManager"),
            field_validation=self.text("fieldValidation"),
        )

    def update_options(self) -> UpdateOptions:
        """How an object is replaced."""
        return UpdateOptions(
            dry_run=self.all("dryRun"),
            field_manager=self.text("fieldManager"),
            field_validation=self.text("fieldValidation"),
        )

    def patch_options(self) -> PatchOptions:
        """How an object is patched."""
        return PatchOptions(
            dry_run=self.all("dryRun"),
            force=self.optional_flag("force"),
            field_manager=self.text("fieldManager"),
            field_validation=self.text("fieldValidation"),
        )

    def delete_options(self) -> DeleteOptions:
        """How an object is taken away.

        Raises:
            BadRequest: A number is none (400).
        """
        unsafe = "ignoreStoreReadErrorWithClusterBreakingPotential"
        return DeleteOptions(
            grace_period_seconds=self.optional_number("gracePeriodSeconds"),
            preconditions=self._preconditions(),
            orphan_dependents=self.optional_flag("orphanDependents"),
            propagation_policy=self.optional_text("propagationPolicy"),
            dry_run=self.all("dryRun"),
            ignore_store_read_error_with_cluster_breaking_potential=self.optional_flag(unsafe),
        )

    def _preconditions(self) -> Preconditions | None:
        uid, version = self.text("uid") or None, self.text("resourceVersion") or None
        if uid is None and version is None:
            return None
        return Preconditions(uid=uid, resource_version=version)


#: Of a request without a question mark.
NO_QUERY: Final = Query("")


def _unescaped(text: str) -> str:
    return unquote_plus(text, errors="replace")


def _int64(text: str) -> int:
    """Source: ``strconv.ParseInt``."""
    sign, digits = (text[:1], text[1:]) if text[:1] in ("+", "-") else ("", text)
    if not digits or not _DIGITS.issuperset(digits):
        raise BadRequest(f"strconv.ParseInt: parsing {quote(text)}: invalid syntax")
    significant = digits.lstrip("0") or "0"
    value = int(f"{sign}{significant}") if len(significant) < 20 else INT64_MAX + 1
    if not INT64_MIN <= value <= INT64_MAX:
        raise BadRequest(f"strconv.ParseInt: parsing {quote(text)}: value out of range")
    return value
