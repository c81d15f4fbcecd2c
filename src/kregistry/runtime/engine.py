"""JSONEngine: the seam under which JSON libraries differ. Same bytes, same errors, other speed."""

from __future__ import annotations

import importlib.util
import json
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Final

from kregistry.runtime.errors import DecodeError, EncodeError
from kregistry.runtime.plain import ExponentFloat


class JSONEngine(ABC):
    """Text of trees of dicts, lists, strings, integers, finite floats, booleans and None.

    What to write has been checked and ordered before; an engine keeps the order.

    Attributes:
        faithful: What is written reads back as the same tree, whatever it holds. So nobody need
            parse it to know what it says. An engine of somebody else does not promise that. It is
            not inherited: who changes how we write must promise anew.
    """

    faithful: ClassVar[bool] = False

    @abstractmethod
    def dumps(self, tree: Any) -> bytes:
        """Compact UTF-8; characters beyond ASCII as they are.

        Raises:
            EncodeError: A string holds a lone surrogate, which UTF-8 cannot express.
        """

    @abstractmethod
    def loads(self, data: bytes) -> Any:
        """The tree of stored bytes. Integers beyond 64 bits may lose digits.

        Raises:
            DecodeError: They are no JSON.
        """


class StdlibEngine(JSONEngine):
    """The parser and printer that come with Python."""

    faithful = True

    def __init__(self) -> None:
        #: As :meth:`dumps`, before it becomes bytes.
        self.text: Final = json.JSONEncoder(
            ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")
        ).encode
        self._decode = json.JSONDecoder(parse_constant=_refuse_constant).decode

    def dumps(self, tree: Any) -> bytes:
        try:
            return self.text(tree).encode()
        except UnicodeEncodeError:
            raise EncodeError("a string holds a lone surrogate") from None

    def loads(self, data: bytes) -> Any:
        try:
            return self._decode(str(data, "utf-8"))
        except UnicodeDecodeError as error:
            raise DecodeError(f"not UTF-8 at byte {error.start}") from None
        except RecursionError:
            raise DecodeError("nested too deeply") from None
        except ValueError as error:
            raise DecodeError(f"not JSON: {error}") from None


class OrjsonEngine(JSONEngine):
    """orjson, which is several times faster; the extra ``fast`` installs it.

    Raises:
        ImportError: orjson is not installed.
    """

    faithful = True

    def __init__(self) -> None:
        import orjson

        self._orjson = orjson
        self._dumps = orjson.dumps
        self._default = self._exponent_float
        self._fallback = StdlibEngine()

    def dumps(self, tree: Any) -> bytes:
        try:
            return self._dumps(tree, self._default)
        except self._orjson.JSONEncodeError:
            # Lone surrogates, and nesting beyond 254 levels, which only this engine minds.
            return self._fallback.dumps(tree)

    def loads(self, data: bytes) -> Any:
        try:
            return self._orjson.loads(data)
        except self._orjson.JSONDecodeError:
            # Bytes that other writers left may be JSON only to the engine of the library;
            # what neither can read has one message.
            return self._fallback.loads(data)

    def _exponent_float(self, value: Any) -> Any:
        """The text of a float as Python writes it; the engine would write ``1e16``."""
        if isinstance(value, ExponentFloat):
            return self._orjson.Fragment(float.__repr__(value))
        raise TypeError


def engine_by_name(name: str) -> JSONEngine:
    """The engine called ``stdlib`` or ``orjson``; ``auto`` takes orjson if it is installed.

    Raises:
        ValueError: Nothing is called so.
        ImportError: The engine is not installed.
    """
    if name == "auto":
        name = "orjson" if importlib.util.find_spec("orjson") is not None else "stdlib"
    match name:
        case "stdlib":
            return STDLIB
        case "orjson":
            return OrjsonEngine()
    raise ValueError(f"no JSON engine is called {name!r}; known are auto, orjson and stdlib")


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


STDLIB: Final = StdlibEngine()
