"""Warning headers: what a client should know besides the answer.

Source: ``k8s.io/apimachinery/pkg/util/net`` NewWarningHeader,
``pkg/endpoints/filters/warning.go``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

#: Characters of all texts together, and of each when there are more.
MAX_TOTAL: Final = 4096
MAX_EACH_OF_MANY: Final = 256

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")


def warning_headers(texts: Iterable[str]) -> list[tuple[str, str]]:
    """A header field for each text that was not said before.

    Texts with control characters are left out: they could not be told apart from other header
    fields.
    """
    told = [text for text in dict.fromkeys(texts) if _is_sayable(text)]
    if sum(map(len, told)) > MAX_TOTAL:
        told = list(_shortened(told))
    return [("warning", _value(text)) for text in told]


def _value(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')  # str.translate takes 9 us
    return f'299 - "{escaped}"'


def _is_sayable(text: str) -> bool:
    return bool(text) and (text.isprintable() or _CONTROL.search(text) is None)


def _shortened(texts: list[str]) -> Iterator[str]:
    """As many as fit, each cut."""
    left = MAX_TOTAL
    for text in texts:
        cut = text[:MAX_EACH_OF_MANY]
        if len(cut) > left:
            return
        left -= len(cut)
        yield cut
