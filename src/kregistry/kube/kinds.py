"""Kinds: what people call resources, and which one they mean."""

from __future__ import annotations

from collections.abc import Iterator

from kregistry.server import APIResource, APIResources


class Kinds:
    """Finds resources by any of their names, whatever the case.

    Args:
        resources: What is served; looked at anew each time, because kinds come and go.
    """

    def __init__(self, resources: APIResources) -> None:
        self._resources = resources

    def find(self, word: str) -> APIResource:
        """The resource that *word* means.

        Args:
            word: Plural, singular, kind or short name; followed by ``.group`` or
                ``.version.group`` if others have the name, too. Without a group, that of the
                core group comes first, then the one that was served first.

        Raises:
            ValueError: Nothing of that name is served.
        """
        name, _, group = word.lower().partition(".")
        found = [
            served
            for served in self._resources
            if name in _names(served) and _is_group(served, group)
        ]
        if not found:
            raise ValueError(f'the server doesn\'t have a resource type "{word}"')
        return next((served for served in found if not served.resource.group), found[0])

    def of_kind(self, api_version: str, kind: str) -> APIResource:
        """The resource whose objects are of that kind.

        Raises:
            ValueError: No such kind is served.
        """
        for served in self._resources:
            resource = served.resource
            if (resource.api_version, resource.kind) == (api_version, kind):
                return served
        raise ValueError(
            f'no matches for kind "{kind}" in version "{api_version}"; is its '
            "CustomResourceDefinition there?"
        )

    def plural(self, word: str) -> str:
        """Plural, and group if it has one, of the resource that *word* means.

        Raises:
            ValueError: Nothing of that name is served.
        """
        return str(self.find(word).resource.group_resource)


def _names(served: APIResource) -> Iterator[str]:
    resource = served.resource
    yield resource.plural
    yield resource.singular
    yield resource.kind.lower()
    yield from resource.short_names


def _is_group(served: APIResource, group: str) -> bool:
    resource = served.resource
    return not group or group in (resource.group, f"{resource.version}.{resource.group}")
