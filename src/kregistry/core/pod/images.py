"""References to images: what of them decides whether an image is pulled again.

Source: ``pkg/util/parsers`` ParseImageName, ``github.com/distribution/reference``.
"""

from __future__ import annotations

import re
from typing import Final

#: Longer than any reference that parses.
_MAX_LENGTH: Final = 600
_MAX_NAME: Final = 255

_DOMAIN_PART: Final = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN: Final = rf"(?:{_DOMAIN_PART}(?:\.{_DOMAIN_PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_PATH_PART: Final = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REFERENCE: Final = re.compile(
    rf"(?P<name>(?:{_DOMAIN}/)?{_PATH_PART}(?:/{_PATH_PART})*)"
    r"(?::(?P<tag>[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z0-9_+.-]+:[0-9a-f]+))?",
    re.ASCII,
)
_DIGEST_LENGTHS: Final = {"sha256": 64, "sha384": 96, "sha512": 128}
_IDENTIFIER: Final = re.compile("[a-f0-9]{64}", re.ASCII)


def default_pull_policy(image: str) -> str:
    """``Always`` for what may be another image tomorrow, else ``IfNotPresent``.

    That is the tag ``latest``, and a reference with neither tag nor digest. What is no
    reference at all is ``IfNotPresent``.
    """
    tag = image_tag(image)
    return "Always" if tag == "latest" else "IfNotPresent"


def image_tag(image: str) -> str | None:
    """The tag, ``latest`` for a reference without tag and digest.

    Returns:
        "" for a reference with nothing but a digest; None if *image* is no reference.
    """
    if len(image) > _MAX_LENGTH or _IDENTIFIER.fullmatch(image):
        return None
    found = _REFERENCE.fullmatch(_qualified(image))
    if found is None or len(found["name"]) > _MAX_NAME:
        return None
    digest = found["digest"]
    if digest is not None:
        algorithm, _, digits = digest.partition(":")
        if _DIGEST_LENGTHS.get(algorithm) != len(digits):
            return None
    elif found["tag"] is None:
        return "latest"
    return found["tag"] or ""


def _qualified(image: str) -> str:
    """The reference with its registry, without which upper case would pass as a host name."""
    head, slash, _ = image.partition("/")
    named = bool(slash) and (
        "." in head or ":" in head or head == "localhost" or head.lower() != head
    )
    if named:
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"
