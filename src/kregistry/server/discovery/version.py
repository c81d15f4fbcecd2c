"""VersionInfo: which release a server says it is.

Source: ``k8s.io/apimachinery/pkg/version`` Info, ``k8s.io/component-base/version``.
"""

from __future__ import annotations

import re
from typing import Any, Final

import attrs

from kregistry.server.discovery.document import Document, indented_document

_RELEASE: Final = re.compile(r"v([0-9]+)\.([0-9]+)\.[0-9]+(?:[-+][0-9A-Za-z.+-]*)?", re.ASCII)


@attrs.frozen(kw_only=True)
class VersionInfo:
    """What ``/version`` answers. Some clients refuse or warn by it, so it can be chosen.

    Attributes:
        git_version: The release, such as ``v1.36.0``; major and minor follow from it.
        git_commit: Commit that it was built from.
        git_tree_state: Whether anything was changed since: ``clean`` or ``dirty``.
        build_date: When it was built, as RFC 3339 text; the default is what unreleased builds
            say.
        go_version: Version of Go that built it.
        compiler: Which compiler did.
        platform: System and processor, such as ``linux/amd64``.

    Raises:
        TypeError: A value is no text.
        ValueError: *git_version* has another form.
    """

    git_version: str = "v1.36.0"
    git_commit: str = ""
    git_tree_state: str = "clean"
    build_date: str = "1970-01-01T00:00:00Z"
    go_version: str = ""
    compiler: str = "gc"
    platform: str = "linux/amd64"

    def __attrs_post_init__(self) -> None:
        for attribute in attrs.fields(VersionInfo):
            value = getattr(self, attribute.name)
            if not isinstance(value, str):
                raise TypeError(f"{attribute.name} is text, not {type(value).__name__}")
        if not _RELEASE.fullmatch(self.git_version):
            raise ValueError(f"a release is called like v1.36.0, not {self.git_version!r}")

    @property
    def major(self) -> str:
        """The ``1`` of v1.36.0."""
        return self._numbers[0]

    @property
    def minor(self) -> str:
        """The ``36`` of v1.36.0."""
        return self._numbers[1]

    def tree(self) -> dict[str, Any]:
        """As JSON, in the order of the Go struct.

        It emulates itself, and is compatible with the minor version before it.
        """
        return {
            "major": self.major,
            "minor": self.minor,
            "emulationMajor": self.major,
            "emulationMinor": self.minor,
            "minCompatibilityMajor": self.major,
            "minCompatibilityMinor": str(max(int(self.minor) - 1, 0)),
            "gitVersion": self.git_version,
            "gitCommit": self.git_commit,
            "gitTreeState": self.git_tree_state,
            "buildDate": self.build_date,
            "goVersion": self.go_version,
            "compiler": self.compiler,
            "platform": self.platform,
        }

    def document(self) -> Document:
        """The answer of ``/version``."""
        return indented_document(self.tree())

    @property
    def _numbers(self) -> tuple[str, str]:
        found = _RELEASE.fullmatch(self.git_version)
        assert found is not None
        return found[1], found[2]
