"""Names: how a source refers to what is outside of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Names(NamedTuple):
    """How a source refers to what is outside of it.

    Attributes:
        own: Name of the function to make.
        function: Name of the function of a purpose and a class.
        constant: Name of a value.
    """

    own: str
    function: Callable[[str, Any], str]
    constant: Callable[[Any], str]
