"""Explaining: what a failed comparison tells, when it is one of objects or of requests."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kregistry.kube.differing import Difference, Missing, differences
from kregistry.kube.requests import RequestLog, Requests, difference
from kregistry.meta.model import Model
from kregistry.runtime.codec import Codec

_MOST: Final = 40
_WIDEST: Final = 120


def explain(left: Any, right: Any, *, full: bool = False) -> list[str] | None:
    """Lines that say how the two differ; None if neither is of a sort that is known here.

    Args:
        left: What stands on the left of ``==``.
        right: What stands on the right.
        full: Shorten nothing.
    """
    if isinstance(left, Requests | RequestLog) or isinstance(right, Requests | RequestLog):
        return _of_requests(left, right)
    trees = _tree(left), _tree(right)
    if trees[0] is None or trees[1] is None:
        return None
    return _of_trees(*trees, full=full)


def _of_requests(left: Any, right: Any) -> list[str] | None:
    lines = [_lines(left), _lines(right)]
    if lines[0] is None or lines[1] is None:
        return None
    told = difference(lines[0], lines[1])
    return ["requests == requests", "- only on the right, + only on the left:", *told]


def _lines(side: Any) -> list[str] | None:
    if isinstance(side, RequestLog):
        side = side.all()
    return [str(each) for each in side] if isinstance(side, Sequence) else None


def _tree(side: Any) -> Any:
    """A document; None if *side* is none. Lists of documents are documents."""
    if isinstance(side, list | tuple):
        trees = [_tree(each) for each in side]
        return None if None in trees else trees
    if isinstance(side, Model):
        return Codec().to_dict(side)
    return dict(side) if isinstance(side, Mapping) else None


def _of_trees(left: Any, right: Any, *, full: bool) -> list[str] | None:
    found = list(differences(left, right))
    if not found:
        return None
    noise = [each for each in found if each.is_noise]
    told = [each for each in found if not each.is_noise] or noise
    lines = [f"{_title(left)} == {_title(right)}", *(_line(each, full) for each in told)]
    if not full and len(told) > _MOST:
        rest = len(told) - _MOST
        lines[_MOST + 1 :] = [f"  ... and {rest} more differences; -vv shows all"]
    if noise and told is not noise:
        paths = ", ".join(dict.fromkeys(each.path for each in noise))
        lines.append(f"(not told, as every server writes its own: {paths})")
    return lines


def _title(tree: Any) -> str:
    if not isinstance(tree, dict):
        return f"{len(tree)} objects"
    metadata = tree.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    words = [metadata[key] for key in ("namespace", "name") if isinstance(metadata.get(key), str)]
    kind = tree.get("kind")
    return f"{kind if isinstance(kind, str) else 'object'} {'/'.join(words)}".rstrip()


def _line(each: Difference, full: bool) -> str:
    show = repr if full else _SHORT.repr
    if each.left is Missing.MISSING:
        return f"  {each.path}: only on the right: {show(each.right)}"
    if each.right is Missing.MISSING:
        return f"  {each.path}: only on the left: {show(each.left)}"
    return f"  {each.path or 'the whole'}: {show(each.left)} != {show(each.right)}"


_SHORT: Final = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _WIDEST
_SHORT.maxlevel = _SHORT.maxdict = _SHORT.maxlist = 6
