"""RequestContext: what the registry knows of a request, and who asks."""

from __future__ import annotations

import attrs

from kregistry.meta.context import Context
from kregistry.server.user import ANONYMOUS, UserInfo


@attrs.frozen(kw_only=True)
class RequestContext(Context):
    """A context that came over the REST layer.

    Attributes:
        user_info: Who asks; ``user`` is the name of the same one.
    """

    user_info: UserInfo = ANONYMOUS
