"""Field errors: where in an object something is wrong, what, and in which words.

A rule collects what it finds and goes on::

    errs = ErrorList()
    spec = Path("spec")
    if obj.spec.size < 1:
        errs.invalid(spec / "size", obj.spec.size, "must be greater than 0")
    return errs

Source: ``k8s.io/apimachinery/pkg/util/validation/field``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, Final, Self

import attrs

from kregistry.meta.goformat import Verbatim, quote, value_text

#: As bad value: print no value where one would stand. Source: ``field.OmitValueType``.
OMIT_VALUE: Final = Verbatim()

#: Paths that one path keeps below it; the largest class of the API has 42 fields.
_KEPT: Final = 64
_KEPT_ITEMS: Final = 8


class Path:
    """Where a field is: ``spec.containers[0].ports[http]``. Immutable, cheap to extend.

    Rules name the place of every value that they look at, nearly always in vain: about 280
    paths for a valid Pod, the same ones for every Pod. So a path keeps the fields and the
    first items below it that somebody asked for, and the next one finds them there.

    Source: ``field.Path``.
    """

    __slots__ = ("_below", "_name", "_parent", "_subscript")

    _below: dict[str | int, Path]
    _parent: Path | None
    _name: str | None
    _subscript: str | None

    def __init__(self, *names: str) -> None:
        """A path of the given field names; without any it is no path and prints ``<nil>``."""
        self._below = {}
        self._name = names[-1] if names else None
        self._parent = Path(*names[:-1]) if len(names) > 1 else None
        self._subscript = "" if self._name == "" else None

    def child(self, *names: str) -> Path:
        """The field *names* below this one."""
        path = self
        for name in names:
            path = path / name
        return path

    def __truediv__(self, name: str) -> Path:
        """``path / "size"`` is ``path.child("size")``."""
        try:
            return self._below[name]
        except KeyError:
            return self._keep(name, self._extend(name, None if name else ""))

    def index(self, index: int) -> Path:
        """The item at *index* of the list that this path leads to."""
        try:
            return self._below[index]
        except KeyError:
            path = self._extend("", str(index))
            return self._keep(index, path) if index < _KEPT_ITEMS else path

    def key(self, key: str) -> Path:
        """The value under *key* of the map that this path leads to."""
        return self._extend("", key)

    def root(self) -> Path:
        """The first field of the path."""
        path = self
        while path._parent is not None:
            path = path._parent
        return path

    def _keep(self, step: str | int, path: Path) -> Path:
        """Find *path* at *step* from now on, unless there is enough: names may be a client's."""
        if len(self._below) < _KEPT:
            self._below[step] = path
        return path

    def _extend(self, name: str, subscript: str | None) -> Path:
        path = object.__new__(Path)
        path._below = {}
        path._parent = None if self._name is None else self
        path._name = name
        path._subscript = subscript
        return path

    def __str__(self) -> str:
        if self._name is None:
            return "<nil>"
        parts: list[str] = []
        path: Path | None = self
        while path is not None:
            if path._subscript is not None:
                parts.append(f"[{path._subscript}]")
            else:
                parts.append(f".{path._name}" if path._parent is not None else str(path._name))
            path = path._parent
        return "".join(reversed(parts))

    def __repr__(self) -> str:
        return f"<Path {self}>"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, Path) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))


class FieldErrorType(Enum):
    """What is wrong with a field; the value is the reason of a Status cause.

    Source: ``field.ErrorType``.
    """

    NOT_FOUND = "FieldValueNotFound"
    REQUIRED = "FieldValueRequired"
    DUPLICATE = "FieldValueDuplicate"
    INVALID = "FieldValueInvalid"
    NOT_SUPPORTED = "FieldValueNotSupported"
    FORBIDDEN = "FieldValueForbidden"
    TOO_LONG = "FieldValueTooLong"
    TOO_MANY = "FieldValueTooMany"
    TOO_FEW = "FieldValueTooFew"
    TOO_SHORT = "FieldValueTooShort"
    TYPE_INVALID = "FieldValueTypeInvalid"
    INTERNAL = "InternalError"

    @property
    def head(self) -> str:
        """How a text about such an error starts."""
        return _HEADS[self]


#: Characters in which all errors of an object are told.
MAX_TOLD: Final = 1024 * 1024

_HEADS: Final = {
    FieldErrorType.NOT_FOUND: "Not found",
    FieldErrorType.REQUIRED: "Required value",
    FieldErrorType.DUPLICATE: "Duplicate value",
    FieldErrorType.INVALID: "Invalid value",
    FieldErrorType.NOT_SUPPORTED: "Unsupported value",
    FieldErrorType.FORBIDDEN: "Forbidden",
    FieldErrorType.TOO_LONG: "Too long",
    FieldErrorType.TOO_MANY: "Too many",
    FieldErrorType.TOO_FEW: "Too few",
    FieldErrorType.TOO_SHORT: "Too short",
    FieldErrorType.TYPE_INVALID: "Invalid value",
    FieldErrorType.INTERNAL: "Internal error",
}

_WITHOUT_VALUE: Final = frozenset(
    {
        FieldErrorType.REQUIRED,
        FieldErrorType.FORBIDDEN,
        FieldErrorType.TOO_LONG,
        FieldErrorType.TOO_SHORT,
        FieldErrorType.INTERNAL,
    }
)


@attrs.frozen
class FieldError:
    """One thing that is wrong with one field.

    Attributes:
        type: What kind of thing.
        path: Which field, as text.
        value: What stood there.
        detail: More words, "" if the type says it all.

    Source: ``field.Error``.
    """

    type: FieldErrorType
    path: str
    value: Any
    detail: str = ""

    def body(self) -> str:
        """The error in words, without the path: the message of a Status cause."""
        head = self.type.head
        if self.type not in _WITHOUT_VALUE and self.value is not OMIT_VALUE:
            head = f"{head}: {value_text(self.value)}"
        return f"{head}: {self.detail}" if self.detail else head

    def __str__(self) -> str:
        return f"{self.path}: {self.body()}"


class ErrorList(list[FieldError]):
    """Field errors in the order in which they were found; empty is good.

    Each method adds one error and returns the list, so that a rule with one thing to say can
    be one line: ``return ErrorList().required(path)``.

    Source: ``field.ErrorList`` and the constructors of ``field.Error``.
    """

    def required(self, path: Path, detail: str = "") -> Self:
        """A value must be given."""
        return self._add(FieldErrorType.REQUIRED, path, "", detail)

    def invalid(self, path: Path, value: Any, detail: str = "") -> Self:
        """The value breaks a rule, which *detail* tells."""
        return self._add(FieldErrorType.INVALID, path, value, detail)

    def not_supported(self, path: Path, value: Any, supported: Iterable[str]) -> Self:
        """The value is none of *supported*, which are listed in the given order."""
        listed = ", ".join(quote(str(known)) for known in supported)
        detail = f"supported values: {listed}" if listed else ""
        return self._add(FieldErrorType.NOT_SUPPORTED, path, value, detail)

    def duplicate(self, path: Path, value: Any) -> Self:
        """The value must be unique and is not."""
        return self._add(FieldErrorType.DUPLICATE, path, value, "")

    def forbidden(self, path: Path, detail: str = "") -> Self:
        """The value must not be given, or not be changed, under the present conditions."""
        return self._add(FieldErrorType.FORBIDDEN, path, "", detail)

    def not_found(self, path: Path, value: Any) -> Self:
        """The value names something that does not exist."""
        return self._add(FieldErrorType.NOT_FOUND, path, value, "")

    def too_long(self, path: Path, value: Any, maximum: int) -> Self:
        """The value has more than *maximum* bytes; negative for a limit that is not told."""
        detail = (
            f"may not be more than {_count(maximum, 'byte')}"
            if maximum >= 0
            else ("value is too long")
        )
        return self._add(FieldErrorType.TOO_LONG, path, value, detail)

    def too_short(self, path: Path, value: Any, minimum: int) -> Self:
        """The value has fewer than *minimum* bytes."""
        detail = f"must be at least {_count(minimum, 'byte')}"
        return self._add(FieldErrorType.TOO_SHORT, path, value, detail)

    def too_many(self, path: Path, count: int, maximum: int) -> Self:
        """The list has *count* items; negative *maximum* for a limit that is not told."""
        detail = (
            f"must have at most {_count(maximum, 'item')}"
            if maximum >= 0
            else ("has too many items")
        )
        value: Any = count if count >= 0 else OMIT_VALUE
        return self._add(FieldErrorType.TOO_MANY, path, value, detail)

    def too_few(self, path: Path, count: int, minimum: int) -> Self:
        """The list has *count* items, fewer than *minimum*."""
        detail = f"must have at least {_count(minimum, 'item')}"
        value: Any = count if count >= 0 else OMIT_VALUE
        return self._add(FieldErrorType.TOO_FEW, path, value, detail)

    def type_invalid(self, path: Path, value: Any, detail: str = "") -> Self:
        """The value is of the wrong type."""
        return self._add(FieldErrorType.TYPE_INVALID, path, value, detail)

    def internal(self, path: Path, problem: object) -> Self:
        """The check itself failed; no fault of the caller's."""
        return self._add(FieldErrorType.INTERNAL, path, None, str(problem))

    def immutable(self, path: Path, new: Any, old: Any) -> Self:
        """Add an error unless *new* equals *old*. Source: ``ValidateImmutableField``."""
        return self if new == old else self.invalid(path, new, "field is immutable")

    def told(self) -> list[tuple[FieldError, str]]:
        """The first errors with their bodies, as many as fit into :data:`MAX_TOLD`, but one.

        Each of many errors may show the same long list, and nobody reads a gigabyte.
        """
        found: list[tuple[FieldError, str]] = []
        left = MAX_TOLD
        for error in self:
            body = error.body()
            left -= len(body) + len(error.path)
            if left < 0 and found:
                break
            found.append((error, body))
        return found

    def texts(self) -> Sequence[str]:
        """The errors in words, each once, in order; those that do not fit are only counted."""
        told = self.told()
        found = dict.fromkeys(f"{error.path}: {body}" for error, body in told)
        rest = len(self) - len(told)
        return (*found, f"and {_count(rest, 'problem')} more") if rest else tuple(found)

    def to_aggregate(self) -> str:
        """All errors in one text, "" if there are none; equal texts appear once.

        Source: ``ErrorList.ToAggregate().Error()``.
        """
        texts = self.texts()
        return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]" if texts else ""

    def _add(self, kind: FieldErrorType, path: Path, value: Any, detail: str) -> Self:
        self.append(FieldError(kind, str(path), value, detail))
        return self


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
