"""Sources of functions that print an instance as JSON text, without a tree in between.

They print what is exactly as its class promises, which is nearly everything, and so what they have
printed can be read back. Whatever is not they leave to :mod:`~kregistry.runtime.sources.writing`,
which knows what may be forgiven and what to say about the rest: they raise Odd, or whatever else
they stumble over. Both give the same text.

Another thread may change the instance meanwhile, which is its own fault, but must not make a text
that is no JSON. So nothing is looked up a second time to see what was printed.

All of them add to one list of pieces, to be joined. An *echo* is also the object that reading the
text would give, made in the same walk.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from kregistry.runtime.shapes import ANY, Form, Member, Shape, Struct
from kregistry.runtime.sources.defaults import default_text, levels_of, written_when
from kregistry.runtime.sources.lines import class_check, indented, int_check
from kregistry.runtime.sources.names import Names
from kregistry.runtime.values import ValueType


def print_source(struct: Struct, names: Names) -> str:
    """The text of an instance: members in order, empty ones left out as the class says."""
    return _Source(struct, names, echo=False).function({})


def print_head_source(struct: Struct, names: Names) -> str:
    """The same with the type that the class declares."""
    return _Source(struct, names, echo=False).function(struct.head)


def echo_source(struct: Struct, names: Names) -> str:
    """The text, and a fresh instance that is what the text says."""
    return _Source(struct, names, echo=True).function({})


def echo_head_source(struct: Struct, names: Names) -> str:
    """The same with the type that the class declares."""
    return _Source(struct, names, echo=True).function(struct.head)


class Lead(NamedTuple):
    """What stands before a value.

    Attributes:
        later: Where something stands before it in the same object or list.
        first: Where nothing does.
        known: Whether something does; None if only *q* knows, when the function runs.
    """

    later: str
    first: str = ""
    known: bool | None = True

    def then(self, text: str = "") -> str:
        """The expression for it, followed by *text*."""
        if self.known is None:
            return f"{self.later + text!r} if q else {self.first + text!r}"
        return repr((self.later if self.known else self.first) + text)

    def added(self) -> list[str]:
        """The statements that add it."""
        return [_add(self.then())] if self.later else []


class Printed(NamedTuple):
    """How a value is printed.

    Attributes:
        lines: Statements that add it to the pieces.
        echo: Expression for what reading it would give, when they are through.
    """

    lines: list[str]
    echo: str


_ODD: Final = Printed(["raise Odd"], "None")


class _Source:
    """The source of one function.

    Args:
        struct: The class.
        names: How to refer to what is outside.
        echo: Make an instance, too.
    """

    def __init__(self, struct: Struct, names: Names, *, echo: bool) -> None:
        self._struct = struct
        self._names = names
        self._echo = echo

    def function(self, head: dict[str, str]) -> str:
        """All of it; what *head* says stands between the members, in order."""
        cls = self._names.constant(self._struct.cls)
        lines = [f"if o.__class__ is not {cls} or room <= 0:", "    raise Odd"]
        lines += [f"n = new({cls})"] if self._echo else []
        if self._struct.plain_init:
            lines += [*self._object(head), *(["return n"] if self._echo else [])]
        else:  # who knows what __init__ says to what it reads back
            lines = ["raise Odd"]
        return "\n".join([f"def {self._names.own}(o, room, p):", *indented(lines), ""])

    def _object(self, head: dict[str, str]) -> list[str]:
        """The statements for all members, each of which knows whether it may be the first."""
        blocks: dict[str, Member | str] = {each.wire: each for each in self._struct.members}
        blocks |= head
        lines = ["q = False"]
        known: bool | None = False
        for wire, block in sorted(blocks.items()):
            name = f"{_quoted(wire)}:"
            lead = Lead(f",{name}", f"{{{name}", known)
            if isinstance(block, str):
                lines.append(_add(lead.then(_quoted(block))))
            elif condition := written_when(block):
                lines += self._optional(block, lead, condition)
                known = known or None
                continue
            else:
                lines += self._certain(block, lead)
            known = True
        return [*lines, _add(Lead("}", "{}", known).then())]

    def _optional(self, member: Member, lead: Lead, condition: str) -> list[str]:
        lines = [f"v = o.{member.attribute}", *self._present(member, lead)]
        lines += [] if lead.known else ["q = True"]
        absent = self._absent(member)
        otherwise = ["else:", *indented(absent)] if absent else []
        return [f"if {condition}:", *indented(lines), *otherwise]

    def _certain(self, member: Member, lead: Lead) -> list[str]:
        load, present = f"v = o.{member.attribute}", self._present(member, lead)
        if not member.shape.optional:
            return [load, *present]
        absent = [_add(lead.then("null")), *self._absent(member)]
        return [load, "if v is None:", *indented(absent), "else:", *indented(present)]

    def _present(self, member: Member, lead: Lead) -> list[str]:
        printed = self._value(member.shape, "v", lead, 1)
        echo = [f"n.{member.attribute} = {printed.echo}"] if self._echo else []
        return [*printed.lines, *echo]

    def _absent(self, member: Member) -> list[str]:
        default = default_text(member, self._names)
        return [f"n.{member.attribute} = {default}"] if self._echo else []

    def _value(self, shape: Shape, v: str, lead: Lead, level: int) -> Printed:
        """How the value *v*, which is not None and *level* levels down, is printed after *lead*."""
        match shape.form:
            case Form.STR:
                exact = class_check(v, "str") if self._echo else []
                return Printed([*exact, *lead.added(), _add(f"quoted({v})")], v)
            case Form.INT:
                return Printed([*int_check(v), *lead.added(), _add(f"f'{{{v}}}'")], v)
            case Form.BOOL:
                text = _add(f"'true' if {v} else 'false'")
                return Printed([*class_check(v, "bool"), *lead.added(), text], v)
            case Form.VALUE:
                return self._simple(shape, v, lead, level)
            case Form.STRUCT:
                purpose, result = ("echo", f"c{level} = ") if self._echo else ("print", "")
                function = self._names.function(purpose, shape.type)
                call = f"{result}{function}({v}, room - {level}, p)"
                return Printed([*lead.added(), call], f"c{level}")
            case Form.LIST:
                return self._list(shape, v, lead, level)
            case Form.MAP:
                return self._map(shape, v, lead, level)
        return self._tree(shape, v, lead, level)

    def _simple(self, shape: Shape, v: str, lead: Lead, level: int) -> Printed:
        assert shape.value is not None
        value, w = shape.value, f"w{level}"
        exact = class_check(v, self._names.constant(shape.type))
        if value.held and value.write is str:  # the text of a time or a quantity needs no escapes
            return self._held_text(value, v, [*exact, *lead.added()])
        written = f"{v}.{value.held}" if value.held else f"{self._names.constant(value.write)}({v})"
        text = _add(f"quoted({w}) if {w}.__class__ is str else f'{{{w}}}'")
        echo = v if value.held else f"{self._names.constant(value.read)}({w})"
        return Printed([*exact, f"{w} = {written}", *lead.added(), text], echo)

    def _held_text(self, value: ValueType, v: str, before: list[str]) -> Printed:
        """It is read, too: it may be too long for that, or mean less than the value does.

        One that is written as 512 may have been given as 0.5Ki, and remembers that.
        """
        text = f"{v}.{value.held}"
        known = self._names.constant(value.known) if value.known is not None else ""
        read = f"{known}[{text}]" if known else f"{self._names.constant(value.read)}({text})"
        lines = [*before, _add(f"f'\"{{{text}}}\"'"), *([] if self._echo else [read])]
        return Printed(lines, read)

    def _list(self, shape: Shape, v: str, lead: Lead, level: int) -> Printed:
        if shape.container is not list:
            return _ODD
        x, s, a = f"x{level}", f"s{level}", f"a{level}"
        lines = [*class_check(v, "list"), *_room_check(shape, level)]
        item = shape.item or ANY
        if item.form is Form.STR:
            exact = [f"for {x} in {a}:", *indented(class_check(x, "str"))] if self._echo else []
            lines += [f"{a} = [*{v}]", *exact] if self._echo else []
            texts = _add(f"','.join(map(quoted, {a if self._echo else v}))")
            return Printed([*lines, _add(lead.then("[")), texts, _add("']'")], a)
        printed = self._value(item, x, Lead(""), level + 1)
        body = [_add(s), *printed.lines, f"{s} = ','"]
        body += [f"{a}.append({printed.echo})"] if self._echo else []
        lines += [f"{a} = []"] if self._echo else []
        lines += [f"{s} = {lead.then('[')}", f"for {x} in {v}:", *indented(body)]
        return Printed([*lines, _add(f"']' if {s} == ',' else {s} + ']'")], a)

    def _map(self, shape: Shape, v: str, lead: Lead, level: int) -> Printed:
        k, x, s, a = f"k{level}", f"x{level}", f"s{level}", f"a{level}"
        printed = self._value(shape.item or ANY, x, Lead(":"), level + 1)
        body = [f"{x} = {v}[{k}]", _add(s), _add(f"quoted({k})")]
        body += [*class_check(k, "str"), *printed.lines, f"{s} = ','"]
        body += [f"{a}[{k}] = {printed.echo}"] if self._echo else []
        lines = [*class_check(v, "dict"), *_room_check(shape, level)]
        lines += [f"{a} = {{}}"] if self._echo else []
        lines += [f"{s} = {lead.then('{')}", f"for {k} in sorted({v}):", *indented(body)]
        return Printed([*lines, _add(f"'}}' if {s} == ',' else {s} + '}}'")], a)

    def _tree(self, shape: Shape, v: str, lead: Lead, level: int) -> Printed:
        """What the printer of trees knows best."""
        w = f"w{level}"
        add = [*lead.added(), _add(f"dumped({w})")]
        match shape.form:
            case Form.FLOAT:
                return Printed([f"{w} = as_float({v}, '')", *add], f"float({w})")
            case Form.ANY:
                return Printed([f"{w} = plain({v}, room - {level})", *add], w)
            case Form.ENUM:
                exact = class_check(v, self._names.constant(shape.type))
                usual = f"number({w} := {v}.value, {self._names.constant((str, int))})"
                return Printed([*exact, usual, *add], v)
        return _ODD  # only the value itself knows its class


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _add(expression: str) -> str:
    return f"p.append({expression})"


def _room_check(shape: Shape, level: int) -> list[str]:
    """What the type itself nests must not be too deep; only once, at the outermost."""
    return [f"if room <= {levels_of(shape)}:", "    raise Odd"] if level == 1 else []
