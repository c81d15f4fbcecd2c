"""kubectl: where it is, and how it is run against a cluster."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

from clientcluster import Cluster

KUBECTL = shutil.which("kubectl")

#: Seconds after which an invocation has failed.
SECONDS = 30

Run = Callable[..., subprocess.CompletedProcess[str]]


def run_kubectl(
    cluster: Cluster,
    *arguments: str,
    given: dict[str, Any] | None = None,
    status: int | None = 0,
) -> subprocess.CompletedProcess[str]:
    """Runs it to its end. Raises with everything that it said if it does not end as expected.

    Args:
        given: Document that it reads from standard input.
        status: Expected exit status; None for any.
    """
    assert KUBECTL is not None
    done = subprocess.run(
        [KUBECTL, *arguments],
        input="" if given is None else json.dumps(given),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={**os.environ, "KUBECONFIG": str(cluster.kubeconfig)},
    )
    assert status in (None, done.returncode), f"{arguments}: {done.stdout}{done.stderr}"
    return done
