"""ReadPlan: where and when to read, by the options of a list.

Source: ``storage.ValidateListOptions``, ``k8s.io/apiserver/pkg/storage/etcd3/store.go``.
"""

from __future__ import annotations

from typing import NamedTuple

from kregistry.meta.errors import BadRequest, TooLargeResourceVersion
from kregistry.storage.errors import InvalidResourceVersion
from kregistry.storage.interface import ListOptions
from kregistry.storage.reading.continuation import decode_continue
from kregistry.storage.versioner import VERSIONER

#: Versions are unsigned 64-bit numbers, revisions signed ones.
MAX_REVISION = 2**63 - 1


class ReadPlan(NamedTuple):
    """What list options ask for.

    Attributes:
        revision: Read at this revision; 0 for the newest.
        at_least: The store must have come so far; 0 for no bound.
        start: First key, "" for the beginning.
    """

    revision: int
    at_least: int
    start: str


#: What most lists ask for: the newest state, from the beginning.
_NEWEST = ReadPlan(0, 0, "")


def plan_list(options: ListOptions, prefix: str) -> ReadPlan:
    """What *options* ask for, in a list of what is below *prefix*.

    Raises:
        BadRequest: Token or version are malformed, or exclude each other.
        ValueError: The match rule is unknown.

    Source: ``storage.ValidateListOptions``.
    """
    if options.recursive and options.predicate.continue_:
        return _plan_continued(options, prefix)
    version = options.resource_version
    if not version:
        return _NEWEST
    revision = parse_version(version)
    match options.resource_version_match:
        case "NotOlderThan":
            return ReadPlan(0, revision, "")
        case "Exact":
            return ReadPlan(revision, revision, "")
        case "":
            # Before there were match rules, a limit with a version meant exactly that version.
            exact = options.recursive and options.predicate.limit > 0
            return ReadPlan(revision if exact else 0, revision, "")
        case unknown:
            raise ValueError(f"unknown ResourceVersionMatch value: {unknown}")


def _plan_continued(options: ListOptions, prefix: str) -> ReadPlan:
    try:
        place = decode_continue(options.predicate.continue_, prefix)
    except ValueError as error:
        raise BadRequest(f"invalid continue token: {error}") from None
    if options.resource_version not in ("", "0"):
        raise BadRequest("specifying resource version is not allowed when using continue")
    return ReadPlan(max(place.revision, 0), 0, place.start)


def parse_version(version: str) -> int:
    """The revision, 0 for "" and "0".

    Raises:
        BadRequest: It is no version.
    """
    try:
        return VERSIONER.parse_resource_version(version)
    except InvalidResourceVersion as error:
        raise BadRequest(f"invalid resource version: {error}") from None


def check_not_older(wanted: int, current: int) -> None:
    """Refuse to answer with a state older than *wanted*.

    Raises:
        TooLargeResourceVersion: The store has not come that far.

    Source: ``store.validateMinimumResourceVersion``.
    """
    if wanted > current:
        raise TooLargeResourceVersion(wanted, current)
