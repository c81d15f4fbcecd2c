"""The table of Deployments.

Source: ``k8s.io/kubernetes/pkg/printers/internalversion`` printDeployment.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kregistry.core.apps_v1 import Deployment
from kregistry.registry.tables import AGE, NAME, Column
from kregistry.runtime import labels


def _ready(obj: Deployment, now: datetime) -> str:
    return f"{obj.status.ready_replicas}/{obj.spec.replicas or 0}"


def _containers(obj: Deployment, now: datetime) -> str:
    return ",".join(container.name for container in obj.spec.template.spec.containers)


def _images(obj: Deployment, now: datetime) -> str:
    return ",".join(container.image for container in obj.spec.template.spec.containers)


def _selector(obj: Deployment, now: datetime) -> str:
    try:
        return str(labels.from_label_selector(obj.spec.selector))
    except ValueError:
        return "<invalid>"


COLUMNS: Final[tuple[Column[Deployment], ...]] = (
    NAME,
    Column("Ready", _ready, description="How many Pods are ready, of how many wanted."),
    Column(
        "Up-to-date",
        lambda obj, now: obj.status.updated_replicas,
        description="How many Pods are of the newest template.",
    ),
    Column(
        "Available",
        lambda obj, now: obj.status.available_replicas,
        description="How many Pods have been ready for long enough.",
    ),
    AGE,
    Column("Containers", _containers, priority=1, description="Names of the containers."),
    Column("Images", _images, priority=1, description="What the containers run."),
    Column("Selector", _selector, priority=1, description="Which Pods belong to it."),
)
