"""Match: which requests are meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from kregistry.kube.requests import RecordedRequest

#: Every verb of a resource, and the methods of what is none.
VERBS: Final = (
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "post",
    "put",
    "head",
    "options",
)


@attrs.frozen(kw_only=True)
class Match:
    """Which requests are meant: those that fit everything that is not empty.

    Texts are patterns: ``*`` stands for any text, ``?`` for any character.

    Attributes:
        verbs: One of these.
        resource: Plural, with ``.group`` or not, with ``/subresource`` if that is meant.
        name: Name of the object.
        namespace: Its namespace.
        user_agent: What the client calls itself.
        path: Path of the request.
    """

    verbs: tuple[str, ...] = ()
    resource: str = ""
    name: str = ""
    namespace: str = ""
    user_agent: str = ""
    path: str = ""

    def fits(self, request: RecordedRequest) -> bool:
        """Whether *request* is meant."""
        return (
            (not self.verbs or request.verb in self.verbs)
            and self._fits_resource(request)
            and _fits(self.name, request.name)
            and _fits(self.namespace, request.namespace)
            and _fits(self.user_agent, request.user_agent)
            and _fits(self.path, request.path)
        )

    def _fits_resource(self, request: RecordedRequest) -> bool:
        if not self.resource:
            return True
        part = f"/{request.subresource}" if request.subresource else ""
        return any(
            fnmatchcase(f"{word}{part}", self.resource)
            for word in (request.resource, f"{request.resource}.{request.group}")
        )

    def __str__(self) -> str:
        words = ["/".join(self.verbs), self.resource, self.path]
        if self.namespace or self.name:
            words.append("/".join(word for word in (self.namespace, self.name) if word))
        if self.user_agent:
            words.append(f"by {self.user_agent}")
        return " ".join(word for word in words if word) or "everything"


def _fits(pattern: str, text: str) -> bool:
    return not pattern or fnmatchcase(text, pattern)


class MatchMaker:
    """Makes matches out of what tests say, and refuses what could never fit.

    Args:
        plural: The plural, with its group, of a word for a resource.
    """

    def __init__(self, plural: Callable[[str], str]) -> None:
        self._plural = plural

    def make(
        self,
        *,
        verb: str | Iterable[str] = (),
        resource: str = "",
        name: str = "",
        namespace: str = "",
        user_agent: str = "",
        path: str = "",
    ) -> Match:
        """The match of what is given; see :meth:`kregistry.kube.requests.RequestLog.select`.

        Raises:
            ValueError: There is no such verb or resource.
        """
        verbs = (verb,) if isinstance(verb, str) else tuple(verb)
        for each in verbs:
            if each not in VERBS:
                raise ValueError(f"there is no verb {each!r}; there are {', '.join(VERBS)}")
        return Match(
            verbs=verbs,
            resource=self._resource(resource),
            name=name,
            namespace=namespace,
            user_agent=user_agent,
            path=path,
        )

    def _resource(self, said: str) -> str:
        if not said or "*" in said or "?" in said:
            return said
        word, slash, part = said.partition("/")
        return f"{self._plural(word)}{slash}{part}"
