"""Names that the server makes up.

Source: ``k8s.io/apiserver/pkg/storage/names/generate.go``.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from typing import Final

#: No vowels, so that no word comes out, and nothing that looks like something else.
ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"

#: Longest name that is made, so that it can be a label value and a host name.
MAX_NAME_LENGTH: Final = 63

RANDOM_LENGTH: Final = 5

MAX_BASE_LENGTH: Final = MAX_NAME_LENGTH - RANDOM_LENGTH


class NameGenerator(ABC):
    """Makes a name from the ``generateName`` of an object. Source: ``names.NameGenerator``."""

    @abstractmethod
    def generate_name(self, base: str) -> str:
        """A name that starts with *base*, cut if need be, and was most likely never made before.

        Runs once per attempt to create, before anything else looks at the object. It need not
        be unique: a name that is taken is tried again with another, eight times.
        """


class SimpleNameGenerator(NameGenerator):
    """*base* and five random characters. Source: ``names.SimpleNameGenerator``.

    Args:
        source: Where chance comes from; the operating system's when not given. A test hands
            in a ``random.Random`` with a seed.
    """

    def __init__(self, source: random.Random | None = None) -> None:
        self._random = source if source is not None else random.SystemRandom()

    def generate_name(self, base: str) -> str:
        suffix = "".join(self._random.choices(ALPHABET, k=RANDOM_LENGTH))
        return _cut(base) + suffix


def _cut(base: str) -> str:
    """The longest start of *base* that leaves room, counted in bytes, whole characters."""
    if len(base) <= MAX_BASE_LENGTH and base.isascii():
        return base
    return base.encode("utf-8", "replace")[:MAX_BASE_LENGTH].decode("utf-8", "ignore")
