"""How long hypothesis looks: ``--hypothesis-profile=nightly`` for the long form."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

settings.register_profile(
    "conformance",
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=_QUIET,
)
settings.register_profile(
    "nightly",
    max_examples=20_000,
    stateful_step_count=100,
    deadline=None,
    suppress_health_check=_QUIET,
)
