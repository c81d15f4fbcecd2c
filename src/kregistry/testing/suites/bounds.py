"""How long hypothesis looks for a counterexample. Needs hypothesis."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

#: Set it to a number of examples for the long form, 20000 for a night.
VARIABLE = "KREGISTRY_EXAMPLES"


def bounds(examples: int = 40, *, steps: int = 40) -> settings:
    """Settings for a state machine: so many runs of so many steps, or the long form.

    Raises:
        ValueError: The environment variable holds no positive number.
    """
    asked = os.environ.get(VARIABLE, "")
    if asked:
        examples, steps = int(asked), 100
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
        ],
    )
