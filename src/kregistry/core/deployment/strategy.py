"""DeploymentStrategy: what makes a Deployment one when it is created and updated.

Source: ``k8s.io/kubernetes/pkg/registry/apps/deployment/strategy.go``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from kregistry.core.apps_v1 import Deployment
from kregistry.core.builtin import BuiltinStrategy
from kregistry.core.deployment.rules import (
    SPEC,
    check_collisions,
    check_deployment_spec,
    check_deployment_status,
)
from kregistry.core.pod.validation import PodValidationOptions, options_for_update
from kregistry.core.v1 import Pod
from kregistry.meta import names as rules
from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList
from kregistry.registry.names import NameGenerator
from kregistry.registry.validation import validate_object_meta_update
from kregistry.runtime.resource import Resource

#: Where Deployments live.
DEPLOYMENTS: Final = Resource(
    Deployment, "deployments", short_names=("deploy",), categories=("all",)
)


class DeploymentStrategy(BuiltinStrategy[Deployment]):
    """The rules of Deployments.

    Args:
        names: Makes names from ``generateName``.
        allow_privileged: Whether containers may be privileged at all.
    """

    counted = True
    split = True

    def __init__(
        self, *, names: NameGenerator | None = None, allow_privileged: bool = False
    ) -> None:
        super().__init__(DEPLOYMENTS, names=names)
        self._options = PodValidationOptions(privileged=allow_privileged)

    def check(self, errs: ErrorList, obj: Deployment) -> None:
        check_deployment_spec(errs, obj.spec, self._options)

    def warnings_on_create(self, ctx: Context, obj: Deployment) -> Sequence[str]:
        """Unlike the Deployment, its Pods cannot have every name that is a DNS subdomain."""
        messages = rules.dns1123_label(obj.metadata.name)
        if not messages:
            return ()
        return (
            "metadata.name: this is used in Pod names and hostnames, which can result in "
            f"surprising behavior; a DNS label is recommended: [{' '.join(messages)}]",
        )

    def prepare_for_update(self, ctx: Context, obj: Deployment, old: Deployment) -> None:
        """Annotations count as well, because they are copied to what is made of a deployment."""
        super().prepare_for_update(ctx, obj, old)
        if obj.metadata.annotations != old.metadata.annotations:
            obj.metadata.generation = old.metadata.generation + 1

    def validate_update(self, ctx: Context, obj: Deployment, old: Deployment) -> ErrorList:
        """What the stored template had already is put up with."""
        template = old.spec.template
        known = Pod(metadata=template.metadata, spec=template.spec)
        errs = validate_object_meta_update(obj.metadata, old.metadata)
        check_deployment_spec(errs, obj.spec, options_for_update(self._options, known))
        errs.immutable(SPEC / "selector", obj.spec.selector, old.spec.selector)
        return errs


class DeploymentStatusStrategy(DeploymentStrategy):
    """An update stores status, and of the metadata all but labels."""

    def prepare_for_update(self, ctx: Context, obj: Deployment, old: Deployment) -> None:
        obj.spec = old.spec
        obj.metadata.labels = dict(old.metadata.labels)

    def validate_update(self, ctx: Context, obj: Deployment, old: Deployment) -> ErrorList:
        errs = validate_object_meta_update(obj.metadata, old.metadata)
        check_deployment_status(errs, obj.status)
        check_collisions(errs, obj, old)
        return errs

    def get_reset_fields(self) -> Mapping[str, Sequence[str]]:
        return {"apps/v1": ("spec", "metadata.labels")}
