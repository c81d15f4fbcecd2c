"""Codec: objects to bytes and back.

Source: ``k8s.io/apimachinery/pkg/runtime`` Codec, ``serializer/json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar

import attrs

from kregistry.meta.gvk import GroupVersionKind
from kregistry.meta.object import Object
from kregistry.runtime.converter import Conversion, shared_conversion
from kregistry.runtime.document import Document, tree_of
from kregistry.runtime.engine import JSONEngine, StdlibEngine, engine_by_name
from kregistry.runtime.errors import DecodeError, EncodeError
from kregistry.runtime.limits import DEFAULT_LIMITS, Limits
from kregistry.runtime.plain import ExponentFloat, Odd, too_deep
from kregistry.runtime.scheme import Scheme
from kregistry.runtime.strict import Checker, parse_simply
from kregistry.runtime.unstructured import Unstructured

if TYPE_CHECKING:
    from collections.abc import Callable

    from cattrs import Converter

T = TypeVar("T")

#: What happens to fields that the class does not know: dropped; dropped and told; refused.
UnknownFields = Literal["Ignore", "Warn", "Strict"]

_TOO_DEEP: Final = "nested too deeply"

#: What generated code runs into when an object is not what its class promises, or is changed
#: by another thread at that moment.
_FAILURES: Final = (RuntimeError, TypeError, ValueError, AttributeError, LookupError)
#: A document of more objects is looked at thoroughly at once. Who sends something odd at the end
#: of a long one would otherwise have it looked at twice.
_MANY: Final = 5000

_ODDITIES: Final = (Odd, *_FAILURES)


@attrs.frozen
class Decoded(Generic[T]):
    """What a client sent.

    Attributes:
        obj: The object, the caller's own.
        warnings: Unknown and duplicate fields, in the order of the document.
    """

    obj: T
    warnings: tuple[str, ...] = ()


class Codec:
    """Turns objects into bytes, dicts and copies, and back. Immutable; safe to share.

    The bytes are compact JSON with the members of every object in order of their names, so
    equal objects have equal bytes, and a typed object has those of the Unstructured with
    the same content. (Two quantities may be equal and yet written differently, as ``1Gi`` and
    ``1073741824`` are; to the bytes they are two.) Any attrs class will do; an
    :class:`~kregistry.meta.object.Object` additionally gets ``apiVersion`` and ``kind``.

    Args:
        scheme: Finds the class when nobody names it; None knows no classes.
        engine: ``stdlib``, ``orjson`` (extra ``fast``), ``auto`` for the faster one that is
            installed, or an engine of one's own. All give the same bytes.
        limits: How big and deep documents may be.
        converter: A cattrs converter whose hooks serve field types that this library does
            not know; the generated functions are added to it. None makes one when needed.
    """

    def __init__(
        self,
        scheme: Scheme | None = None,
        *,
        engine: JSONEngine | str = "stdlib",
        limits: Limits = DEFAULT_LIMITS,
        converter: Converter | None = None,
    ) -> None:
        self.scheme: Final = scheme if scheme is not None else Scheme()
        self.limits: Final = limits
        self._engine = engine_by_name(engine) if isinstance(engine, str) else engine
        self._conversion = shared_conversion() if converter is None else Conversion(converter)
        self._generator = self._conversion.generator
        # Every call looks these up; together they were two per cent of writing a Pod.
        self._heads: dict[type, Callable[[Any, int], dict[str, Any]]] = {}
        self._printers: dict[type, Callable[[Any, int, list[str]], None]] = {}
        self._dumps = self._engine.dumps
        self._prints = type(self._engine) is StdlibEngine
        self._faithful: bool = vars(type(self._engine)).get("faithful", False)
        mine = type(self).encode, type(self).decode, type(self).decode_any
        self._is_ours = mine == (Codec.encode, Codec.decode, Codec.decode_any)
        self._room = limits.max_depth

    @property
    def converter(self) -> Converter:
        """A cattrs converter that structures and unstructures as this codec does.

        Without a converter of one's own it is shared by all codecs: read it, and give a codec
        another to add hooks to.
        """
        return self._conversion.converter

    def encode(self, obj: Any) -> bytes:
        """The bytes of an object, deterministic.

        Raises:
            EncodeError: Something in it has no place in JSON: a wrong type, a cycle, a number
                beyond 64 bits, NaN, a lone surrogate.
        """
        if self._prints and (printed := self._printed(obj)) is not None:
            return printed
        try:
            head = self._heads.get(obj.__class__) or self._head(obj.__class__)
            return self._dumps(head(obj, self._room))
        except _FAILURES as error:
            raise _encode_error("write", obj, error) from error.__cause__

    def encode_readable(self, obj: Any, cls: type | None = None) -> bytes:
        """The bytes of an object, which :meth:`decode` can read for sure.

        As :meth:`round_trip` for who does not want the fresh object, and a third sooner: what is
        printed without a tree need not be read to know that it can be.

        Args:
            obj: The object; not changed.
            cls: As what to read it back; None goes by what its bytes say.

        Raises:
            EncodeError: As for :meth:`encode`.
            DecodeError: It can be written but not read.
        """
        printed = None
        if self._prints and self._is_ours and cls is obj.__class__:
            printed = self._printed(obj)
        return printed if printed is not None else self.round_trip(obj, cls)[0]

    def round_trip(self, obj: Any, cls: type[T] | None = None) -> tuple[bytes, T]:
        """The bytes of an object, and a fresh object that is what they hold.

        As :meth:`encode` and then :meth:`decode`, but what was about to be printed is read
        instead of what was printed: parsing would be half the cost of reading a Pod back.

        Args:
            obj: The object; not changed.
            cls: As what to read it back; None goes by what its bytes say.

        Raises:
            EncodeError: As for :meth:`encode`.
            DecodeError: It can be written but not read.
        """
        if not self._is_ours:
            data = self.encode(obj)
            read: Any = self.decode_any(data) if cls is None else self.decode(data, cls)
            return data, read
        if self._prints and cls is not None and cls is obj.__class__:
            echoed = self._echoed(obj, cls)
            if echoed is not None:
                return echoed
        latest = ExponentFloat.latest
        try:
            tree = self._written(obj)
            data = self._dumps(tree)
        except _FAILURES as error:
            raise _encode_error("write", obj, error) from error.__cause__
        if not self._faithful or ExponentFloat.latest is not latest:
            tree = self._engine.loads(data)
        return data, self._read_back(tree, cls)

    def to_dict(self, obj: Any) -> dict[str, Any]:
        """What :meth:`encode` would write, as a fresh tree of dicts and lists.

        Raises:
            EncodeError: As for :meth:`encode`.
        """
        try:
            return self._written(obj)
        except _FAILURES as error:
            raise _encode_error("write", obj, error) from error.__cause__

    def decode(self, data: bytes, cls: type[T]) -> T:
        """An object from bytes that a codec wrote; types of scalars are taken on trust.

        Raises:
            DecodeError: The bytes are corrupt.
        """
        return self._read(self._engine.loads(data), cls)

    def decode_any(self, data: bytes) -> Object:
        """An object of the class that the scheme has for it; else an Unstructured.

        Raises:
            DecodeError: The bytes are corrupt, or do not tell ``apiVersion`` and ``kind``.
        """
        obj: Object = self._read_back(self._engine.loads(data), None)
        return obj

    def copy(self, obj: T) -> T:
        """A deep copy that shares nothing mutable with *obj*.

        Raises:
            EncodeError: It contains itself, or something that is no attrs instance where
                the class promises one.
        """
        try:
            copied: T = self._generator.function("copy", obj.__class__)(obj)
        except _FAILURES as error:
            raise _encode_error("copy", obj, error) from error.__cause__
        return copied

    def from_dict(self, data: Mapping[str, Any], cls: type[T]) -> T:
        """An object from a dict such as :meth:`to_dict` makes; *data* is not kept.

        Unknown members are dropped, types are checked.

        Raises:
            DecodeError: It does not describe such an object.
        """
        try:
            tree = tree_of(data, self.limits)
            checked = Checker(self._generator, self.limits).check(cls, tree)
        except RecursionError:
            raise DecodeError(_TOO_DEEP) from None
        return self._read(checked, cls)

    def decode_strict(
        self,
        data: bytes | Mapping[str, Any],
        cls: type[T] | None = None,
        *,
        gvk: GroupVersionKind | None = None,
        unknown: UnknownFields = "Ignore",
    ) -> Decoded[T]:
        """An object from bytes that nobody vouches for.

        Args:
            data: JSON text, or what another parser (YAML) made of a text.
            cls: Class that the object must have; None lets the scheme find it, and takes
                Unstructured for a kind that the scheme does not know.
            gvk: Kind that the object must be of; what *cls* declares when not given. A
                document that does not name its kind is taken to be of this one.
            unknown: What to do about fields that are unknown or given twice.

        Raises:
            DecodeError: The document is not JSON, breaks a limit, is of another kind, has
                values of wrong types or, with ``Strict``, unknown or duplicate fields.
        """
        if unknown not in ("Ignore", "Warn", "Strict"):
            raise ValueError(f"unknown is Ignore, Warn or Strict, not {unknown!r}")
        accepted = self._read_at_once(data, cls, gvk)
        if accepted is not None:
            return Decoded(accepted)
        try:
            document = Document(tree_of(data, self.limits))
            known = document.class_by(self.scheme, cls, gvk)
            checker = Checker(self._generator, self.limits)
            obj = self._read_document(document, known, checker)
        except RecursionError:
            raise DecodeError(_TOO_DEEP) from None
        problems = tuple(checker.problems)
        if problems and unknown == "Strict":
            raise DecodeError(
                f"strict decoding error: {', '.join(problems)}",
                gvk=document.gvk,
                problems=problems,
            )
        return Decoded(obj, problems if unknown == "Warn" else ())

    def _head(self, cls: type) -> Callable[[Any, int], dict[str, Any]]:
        head = self._generator.function("head", cls)
        self._heads[cls] = head
        return head

    def _printed(self, obj: Any) -> bytes | None:
        """Its bytes, if it is exactly what its class promises; else None."""
        pieces: list[str] = []
        try:
            self._printer(obj.__class__)(obj, self._room, pieces)
            return "".join(pieces).encode()
        except _ODDITIES:
            return None

    def _echoed(self, obj: T, cls: type[T]) -> tuple[bytes, T] | None:
        """Its bytes and what they say, if it is exactly what its class promises; else None."""
        latest = ExponentFloat.latest
        pieces: list[str] = []
        try:
            echo: T = self._generator.function("echo_head", cls)(obj, self._room, pieces)
            data = "".join(pieces).encode()
        except _ODDITIES:
            return None
        return (data, echo) if ExponentFloat.latest is latest else None

    def _printer(self, cls: type) -> Callable[[Any, int, list[str]], None]:
        printer = self._printers.get(cls)
        if printer is None:
            printer = self._printers[cls] = self._generator.function("print_head", cls)
        return printer

    def _written(self, obj: Any) -> dict[str, Any]:
        tree: dict[str, Any]
        tree = (self._heads.get(obj.__class__) or self._head(obj.__class__))(obj, self._room)
        return tree

    def _read_back(self, tree: Any, cls: Any) -> Any:
        known = cls if cls is not None else Document(tree).class_by(self.scheme)
        return self._read(tree, known)

    def _read_at_once(
        self, data: Any, cls: type[T] | None, gvk: GroupVersionKind | None
    ) -> T | None:
        """The object of a document that needs no closer look; None for the others.

        What is wrong with a document after all is found once more, and told, by who looks closer.
        """
        if not isinstance(data, bytes) or self._may_be_too_many(data):
            return None
        if cls is Unstructured:  # it has no quick look, and parsing would be a third of the rest
            return None
        members: list[int] = []
        try:
            tree, named = parse_simply(data, self.limits)
            known: type[T] = Document(tree).class_by(self.scheme, cls, gvk)
            accepted: T = self._generator.function("accept", known)(tree, members)
        except _ODDITIES:
            return None
        return accepted if named == sum(members) else None

    def _may_be_too_many(self, data: bytes) -> bool:
        """Whether these may be too many objects to look at them twice, if it comes to that."""
        limit = min(self.limits.max_structs, _MANY)
        return len(data) > limit and data.count(b"{") > limit

    def _read_document(self, document: Document, cls: type[T], checker: Checker) -> T:
        try:
            obj = self._read(checker.check(cls, document.tree), cls)
        except DecodeError as error:
            raise error.about(document.gvk) from error.__cause__
        if isinstance(obj, Unstructured):
            obj.api_version, obj.kind = document.gvk.api_version, document.gvk.kind
        return obj

    def _read(self, tree: Any, cls: type[T]) -> T:
        try:
            made: T = self._generator.function("read", cls)(tree)
        except DecodeError:
            raise
        except RecursionError:
            raise DecodeError(_TOO_DEEP) from None
        except _FAILURES as error:
            name = getattr(cls, "__name__", str(cls))
            raise DecodeError(f"cannot read a {name}: {error}") from error
        return made


def _encode_error(purpose: str, obj: Any, error: Exception) -> EncodeError:
    """What went wrong, with the class of the object that it went wrong with."""
    reason = too_deep() if isinstance(error, RecursionError) else error
    return EncodeError(f"cannot {purpose} a {type(obj).__name__}: {reason}")
