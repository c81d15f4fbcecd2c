"""The order of lists that were merged: what the patch names, and what only the server knows.

Items are compared by ranks, each looked up once, so that everything here takes linear time but
for the sorting.

Source: ``normalizeElementOrder`` in ``k8s.io/apimachinery/pkg/util/strategicpatch/patch.go``.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable
from typing import Any

from kregistry.server.patch.directives import item_identity

Ranks = dict[tuple[str, Any], int]


def in_order(
    items: list[Any],
    order: list[Any],
    live: list[Any],
    merge_key: str,
) -> list[Any]:
    """The *items* that *order* names, in that order, with the others put in between.

    The others keep the order of *live*, and each stands before the first one named by *order*
    that it precedes in *live*; behind them all if it precedes none.

    Args:
        items: What the merged list holds.
        order: Items, or maps that have the merge key only.
        live: The list before the merge.
        merge_key: "" for lists of scalars.

    Raises:
        StatusError: An item cannot be identified.
    """
    wanted, known = ranks(order, merge_key), ranks(live, merge_key)
    named = [item for item in items if item_identity(item, merge_key) in wanted]
    others = [item for item in items if item_identity(item, merge_key) not in wanted]
    return _interleaved(
        _arranged(others, known, merge_key), _arranged(named, wanted, merge_key), known, merge_key
    )


def ranks(items: Iterable[Any], merge_key: str) -> Ranks:
    """Where each item stands; the first place, where there are several."""
    found: Ranks = {}
    for place, item in enumerate(items):
        found.setdefault(item_identity(item, merge_key), place)
    return found


def _arranged(items: list[Any], known: Ranks, merge_key: str) -> list[Any]:
    """The items by rank.

    One without a rank goes before all that stood before it, and one with a rank passes those
    without until it meets a smaller one: upstream sorts by insertion, and its comparison says
    that an unknown item is less than any other, and any other less than an unknown one. (It
    does so for up to 20 items; for more its order follows from how the sort splits them.)

    Source: ``normalizeSliceOrder``.
    """
    places = [known.get(item_identity(item, merge_key)) for item in items]
    if None not in places:
        return sorted(items, key=lambda item: known[item_identity(item, merge_key)])
    arranged: list[int] = []
    met: list[tuple[int, int]] = []
    for number, place in enumerate(places):
        if place is None:
            arranged.insert(0, number)
            continue
        passed = bisect(met, (place, number))
        arranged.insert(arranged.index(met[passed - 1][1]) + 1 if passed else 0, number)
        met.insert(passed, (place, number))
    return [items[number] for number in arranged]


def _interleaved(others: list[Any], named: list[Any], known: Ranks, merge_key: str) -> list[Any]:
    """Source: ``mergeSortedSlice``."""
    result: list[Any] = []
    taken = 0
    for item in named:
        place = known.get(item_identity(item, merge_key))
        while taken < len(others) and place is not None:
            mine = known.get(item_identity(others[taken], merge_key))
            if mine is None or mine >= place:
                break
            result.append(others[taken])
            taken += 1
        result.append(item)
    return result + others[taken:]
