"""AppArmor profiles as annotations, from before there was a field for them.

Source: ``pkg/registry/core/pod/strategy.go`` applyAppArmorVersionSkew.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kregistry.core.pod.containers import all_containers
from kregistry.core.pod.ownkeys import has_own_keys
from kregistry.core.v1 import AppArmorProfile, Pod, SecurityContext

APP_ARMOR_PREFIX: Final = "container.apparmor.security.beta.kubernetes.io/"

_LOCALHOST: Final = "localhost/"
_DEPRECATED: Final = 'deprecated since v1.30; use the "appArmorProfile" field instead'


def field_of_annotation(value: str) -> AppArmorProfile | None:
    """What the field says instead of the annotation's *value*; None if there is no such thing.

    Source: ``podutil.ApparmorFieldForAnnotation``.
    """
    if value == "runtime/default":
        return AppArmorProfile(type="RuntimeDefault")
    if value == "unconfined":
        return AppArmorProfile(type="Unconfined")
    name = value.removeprefix(_LOCALHOST)
    if value.startswith(_LOCALHOST) and name:
        return AppArmorProfile(type="Localhost", localhost_profile=name)
    return None


def adopt_annotations(pod: Pod) -> Iterator[str]:
    """Give containers with an annotation and no field the field.

    Yields:
        A warning for each annotation that was taken over or means nothing.
    """
    spec = pod.spec
    if not has_own_keys(pod.metadata.annotations):
        return
    if spec.os is not None and spec.os.name == "windows":
        return
    of_pod = spec.security_context.app_armor_profile if spec.security_context else None
    for container in all_containers(spec):
        key = APP_ARMOR_PREFIX + container.name
        value = pod.metadata.annotations.get(key)
        context = container.security_context
        if value is None or (context is not None and context.app_armor_profile is not None):
            continue
        profile = field_of_annotation(value)
        if profile is not None and profile != of_pod:
            if context is None:
                context = container.security_context = SecurityContext()
            context.app_armor_profile = profile
        if profile is None or profile != of_pod:
            yield f"metadata.annotations[{key}]: {_DEPRECATED}"
