"""The grammar of label selectors.

::

    selector     = [ requirement { "," requirement } ]
    requirement  = [ "!" ] key
                 | key ( "=" | "==" | "!=" | ">" | "<" ) [ value ]
                 | key ( "in" | "notin" ) "(" [ value ] { "," [ value ] } ")"

``in`` and ``notin`` are words only where an operator may stand; elsewhere they are names.

Source: ``k8s.io/apimachinery/pkg/labels/selector.go`` Lexer, Parser.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Final, NamedTuple

from kregistry.meta.field import Path
from kregistry.runtime.errors import SelectorError
from kregistry.runtime.labelrequirement import Operator, Requirement, key_problems


class _Sort(Enum):
    END = "end"
    NAME = "name"
    WORD = "word"
    SYMBOL = "symbol"


class _Token(NamedTuple):
    sort: _Sort
    text: str

    def is_symbol(self, text: str) -> bool:
        return self.sort is _Sort.SYMBOL and self.text == text

    @property
    def is_name(self) -> bool:
        """Whether it may be a key or value, as the words for operators may."""
        return self.sort in (_Sort.NAME, _Sort.WORD)


_WHITESPACE: Final = " \t\r\n"
_SYMBOL_CHARACTERS: Final = "=!(),><"
_LONG_SYMBOLS: Final = ("==", "!=")
_WORDS: Final = ("in", "notin")
_END: Final = _Token(_Sort.END, "")

_OPERATORS: Final = {
    (_Sort.WORD, "in"): Operator.IN,
    (_Sort.WORD, "notin"): Operator.NOT_IN,
    (_Sort.SYMBOL, "="): Operator.EQUALS,
    (_Sort.SYMBOL, "=="): Operator.DOUBLE_EQUALS,
    (_Sort.SYMBOL, "!="): Operator.NOT_EQUALS,
    (_Sort.SYMBOL, ">"): Operator.GREATER_THAN,
    (_Sort.SYMBOL, "<"): Operator.LESS_THAN,
}
_BINARY: Final = "in, notin, =, ==, !=, gt, lt"


def _tokens(text: str) -> Iterator[_Token]:
    """The tokens of a selector; a NUL ends it."""
    at, end = 0, len(text)
    while at < end and text[at] != "\0":
        character = text[at]
        if character in _WHITESPACE:
            at += 1
            continue
        if character in _SYMBOL_CHARACTERS:
            symbol = text[at : at + 2] if text[at : at + 2] in _LONG_SYMBOLS else character
            yield _Token(_Sort.SYMBOL, symbol)
            at += len(symbol)
            continue
        start = at
        while at < end and text[at] not in _NAME_ENDS:
            at += 1
        name = text[start:at]
        yield _Token(_Sort.WORD if name in _WORDS else _Sort.NAME, name)
    yield _END


_NAME_ENDS: Final = frozenset(_WHITESPACE + _SYMBOL_CHARACTERS + "\0")


class Parser:
    """Reads one selector from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def requirements(self) -> list[Requirement]:
        """All requirements, in the order of the text.

        Raises:
            SelectorError: The text breaks the grammar, or a key or value breaks its rule.
        """
        found: list[Requirement] = []
        while True:
            token = self._ahead()
            if token.sort is _Sort.END:
                return found
            if not (token.is_name or token.is_symbol("!")):
                raise _expected(token, ", expected: !, identifier, or 'end of string'")
            found.append(self._wrapped_requirement())
            token = self._take()
            if token.sort is _Sort.END:
                return found
            if not token.is_symbol(","):
                raise _expected(token, ", expected: ',' or 'end of string'")
            token = self._ahead()
            if not (token.is_name or token.is_symbol("!")):
                raise _expected(token, ", expected: identifier after ','")

    def _wrapped_requirement(self) -> Requirement:
        try:
            return self._requirement()
        except SelectorError as error:
            raise SelectorError(f"unable to parse requirement: {error}") from None

    def _requirement(self) -> Requirement:
        negated = self._ahead().is_symbol("!")
        if negated:
            self._take()
        key = self._key()
        if negated:
            return Requirement(key, Operator.DOES_NOT_EXIST)
        if self._at_boundary():
            return Requirement(key, Operator.EXISTS)
        operator = self._operator()
        if operator in (Operator.IN, Operator.NOT_IN):
            return Requirement(key, operator, self._set())
        return Requirement(key, operator, [self._single_value()])

    def _key(self) -> str:
        token = self._take()
        if not token.is_name:
            raise _expected(token, ", expected: identifier")
        problems = key_problems(token.text, Path())
        if problems:
            raise SelectorError(problems.to_aggregate())
        return token.text

    def _operator(self) -> Operator:
        token = self._take()
        operator = _OPERATORS.get((token.sort, token.text))
        if operator is None:
            raise _expected(token, f", expected: {_BINARY}")
        return operator

    def _single_value(self) -> str:
        if self._at_boundary():
            return ""
        token = self._take()
        if not token.is_name:
            raise _expected(token, ", expected: identifier")
        return token.text

    def _set(self) -> set[str]:
        token = self._take()
        if not token.is_symbol("("):
            raise _expected(token, " expected: '('")
        token = self._ahead()
        if token.is_symbol(")"):
            self._take()
            return {""}
        if not (token.is_name or token.is_symbol(",")):
            raise _expected(token, ", expected: ',', ')' or identifier")
        values = self._members()
        self._take()  # the parenthesis that ended them
        return values

    def _members(self) -> set[str]:
        """What stands between parentheses; nothing before or after a comma is an empty value."""
        values: set[str] = set()
        while True:
            token = self._take()
            if token.is_name:
                values.add(token.text)
                token = self._ahead()
                if token.is_symbol(")"):
                    return values
                if not token.is_symbol(","):
                    raise _expected(token, ", expected: ',' or ')'")
            elif token.is_symbol(","):
                if not values:
                    values.add("")
                token = self._ahead()
                if token.is_symbol(")"):
                    return values | {""}
                if token.is_symbol(","):
                    self._take()
                    values.add("")
            else:
                raise _expected(token, ", expected: ',', or identifier")

    def _at_boundary(self) -> bool:
        token = self._ahead()
        return token.sort is _Sort.END or token.is_symbol(",")

    def _ahead(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def _take(self) -> _Token:
        token = self._ahead()
        self._at += 1
        return token


def _expected(token: _Token, rest: str) -> SelectorError:
    return SelectorError(f"found '{token.text}'{rest}")
