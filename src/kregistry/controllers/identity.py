"""Identity: which object, and not a later one of the same name.

Source: ``k8s.io/kubernetes/pkg/controller/garbagecollector`` objectReference.
"""

from __future__ import annotations

import attrs


@attrs.frozen(cache_hash=True)
class Identity:
    """Names one object for good.

    Attributes:
        api_version: ``v1`` or ``group/version``.
        kind: Name of the kind.
        namespace: "" for a cluster-scoped object.
        name: Its name.
        uid: Tells it from others that had, or will have, the name.
    """

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {place}{self.name}"
