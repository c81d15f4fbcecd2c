"""Which part of a log can be asked for. Source: ``ValidatePodLogOptions``."""

from __future__ import annotations

from typing import Final

from kregistry.core.pod.validation.checks import not_negative
from kregistry.core.v1 import PodLogOptions
from kregistry.meta.field import ErrorList, Path

_POSITIVE: Final = "must be greater than 0"
_ONE_START: Final = "at most one of `sinceTime` or `sinceSeconds` may be specified"


def validate_pod_log_options(options: PodLogOptions) -> ErrorList:
    """Everything that is wrong with *options*; values are of their declared types."""
    errs = ErrorList()
    if options.tail_lines is not None:
        not_negative(errs, Path("tailLines"), options.tail_lines)
    if options.limit_bytes is not None and options.limit_bytes < 1:
        errs.invalid(Path("limitBytes"), options.limit_bytes, _POSITIVE)
    if options.since_seconds is not None and options.since_time is not None:
        errs.forbidden(Path(""), _ONE_START)
    elif options.since_seconds is not None and options.since_seconds < 1:
        errs.invalid(Path("sinceSeconds"), options.since_seconds, _POSITIVE)
    if options.stream is not None:
        errs.forbidden(Path("stream"), "may not be specified")
    return errs
