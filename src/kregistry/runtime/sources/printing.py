"""Sources of functions that print an instance as JSON text, without a tree in between.

They print what is exactly as its class promises, which is nearly everything, and so what they have
printed can be read back. Whatever is not they leave to :mod:`~kregistry.runtime.sources.writing`,
which knows what may be forgiven and what to say about the rest: they raise Odd, or whatever else
they stumble over. Both give the same text.

An *echo* is the text and, made in the same walk, the object that reading the text would give.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from kregistry.runtime.shapes import ANY, Form, Member, Shape, Struct
from kregistry.runtime.sources.defaults import default_text, levels_of, written_when
from kregistry.runtime.sources.lines import class_check, indented, int_check
from kregistry.runtime.sources.names import Names


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


class Printed(NamedTuple):
    """How a value is printed.

    Attributes:
        text: Expression for its text.
        echo: Expression for what reading the text would give.
        before: Statements that both need.
    """

    text: str
    echo: str
    before: Sequence[str] = ()


_ODD: Final = Printed("''", "None", ["raise Odd"])


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
        lines = [f"def {self._names.own}(o, room):"]
        if not self._struct.plain_init:  # who knows what __init__ says to what it reads back
            return "\n".join([*lines, "    raise Odd", ""])
        lines += [f"    if o.__class__ is not {cls} or room <= 0:", "        raise Odd"]
        lines += [f"    n = new({cls})"] if self._echo else []
        lines += ["    r = ''"]
        blocks = [(wire, [_add(wire, repr(json.dumps(text)))]) for wire, text in head.items()]
        blocks += [(member.wire, self._member(member)) for member in self._struct.members]
        for _, block in sorted(blocks):
            lines += indented(block)
        lines += ["    return f'{{{r[1:]}}}'" + (", n" if self._echo else "")]
        return "\n".join([*lines, ""])

    def _member(self, member: Member) -> list[str]:
        attribute = member.attribute
        absent = [f"n.{attribute} = {default_text(member, self._names)}"] if self._echo else []
        printed = self._value(member.shape, "v", 1)
        present = [*printed.before, _add(member.wire, printed.text)]
        present += [f"n.{attribute} = {printed.echo}"] if self._echo else []
        if condition := written_when(member):
            present = [f"v = o.{attribute}", *present]
            lines = [f"if {condition}:", *indented(present)]
            return [*lines, "else:", *indented(absent)] if absent else lines
        if not member.shape.optional:
            return [f"v = o.{attribute}", *present]
        absent = [_add(member.wire, "'null'"), *absent]
        return [
            *(f"v = o.{attribute}", "if v is None:", *indented(absent)),
            *("else:", *indented(present)),
        ]

    def _value(self, shape: Shape, v: str, level: int) -> Printed:
        """How the value *v*, which is not None and *level* levels down, is printed."""
        match shape.form:
            case Form.STR:
                return Printed(f"quoted({v})", v, class_check(v, "str") if self._echo else [])
            case Form.INT:
                return Printed(f"f'{{{v}}}'", v, int_check(v))
            case Form.BOOL:
                return Printed(f"truth[{v}]", v, class_check(v, "bool"))
            case Form.VALUE:
                return self._simple(shape, v, level)
            case Form.STRUCT:
                return self._instance(shape, v, level)
            case Form.LIST:
                return self._list(shape, v, level)
            case Form.MAP:
                return self._map(shape, v, level)
        return self._tree(shape, v, level)

    def _simple(self, shape: Shape, v: str, level: int) -> Printed:
        assert shape.value is not None
        exact = class_check(v, self._names.constant(shape.type))
        if shape.value.held and shape.value.write is str:
            return Printed(f"'\"' + {v}.{shape.value.held} + '\"'", v, exact)
        w = f"w{level}"
        write = f"{w} = {self._names.constant(shape.value.write)}({v})"
        echo = v if shape.value.held else f"{self._names.constant(shape.value.read)}({w})"
        return Printed(f"dumped({w})", echo, [*exact, write])

    def _instance(self, shape: Shape, v: str, level: int) -> Printed:
        if not self._echo:
            return Printed(f"{self._names.function('print', shape.type)}({v}, room - {level})", "")
        call = f"{self._names.function('echo', shape.type)}({v}, room - {level})"
        return Printed(f"w{level}", f"c{level}", (f"w{level}, c{level} = {call}",))

    def _list(self, shape: Shape, v: str, level: int) -> Printed:
        if shape.container is not list:
            return _ODD
        x, t, a = f"x{level}", f"t{level}", f"a{level}"
        before = [*class_check(v, "list"), *_room_check(shape, level)]
        item = self._value(shape.item or ANY, x, level + 1)
        if item.text == f"quoted({x})":
            loop = [f"for {x} in {v}:", *indented(item.before)] if item.before else []
            return Printed(f"'[' + ','.join(map(quoted, {v})) + ']'", f"[*{v}]", [*before, *loop])
        body = [*item.before, f"{t}.append({item.text})"]
        body += [f"{a}.append({item.echo})"] if self._echo else []
        before += [f"{t} = []", f"{a} = []"] if self._echo else [f"{t} = []"]
        before += [f"for {x} in {v}:", *indented(body)]
        return Printed(f"'[' + ','.join({t}) + ']'", a, before)

    def _map(self, shape: Shape, v: str, level: int) -> Printed:
        k, x, t, a = f"k{level}", f"x{level}", f"t{level}", f"a{level}"
        item = self._value(shape.item or ANY, x, level + 1)
        body = [f"{x} = {v}[{k}]", *item.before, f"{t}.append(quoted({k}) + ':' + {item.text})"]
        body += [*class_check(k, "str"), f"{a}[{k}] = {item.echo}"] if self._echo else []
        before = [*class_check(v, "dict"), *_room_check(shape, level)]
        before += [f"{t} = []", f"{a} = {{}}"] if self._echo else [f"{t} = []"]
        before += [f"for {k} in sorted({v}):", *indented(body)]
        return Printed(f"'{{' + ','.join({t}) + '}}'", a, before)

    def _tree(self, shape: Shape, v: str, level: int) -> Printed:
        """What the printer of trees knows best."""
        w = f"w{level}"
        match shape.form:
            case Form.FLOAT:
                return Printed(f"dumped({w})", f"float({w})", [f"{w} = as_float({v}, '')"])
            case Form.ANY:
                return Printed(f"dumped({w})", w, [f"{w} = plain({v}, room - {level})"])
            case Form.ENUM:
                exact = class_check(v, self._names.constant(shape.type))
                usual = f"number({w} := {v}.value, {self._names.constant((str, int))})"
                return Printed(f"dumped({w})", v, [*exact, usual])
        return _ODD  # only the value itself knows its class


def _add(wire: str, text: str) -> str:
    name = f",{json.dumps(wire, ensure_ascii=False)}:"
    return f"r += {name!r} + {text}"


def _room_check(shape: Shape, level: int) -> list[str]:
    """What the type itself nests must not be too deep; only once, at the outermost."""
    return [f"if room <= {levels_of(shape)}:", "    raise Odd"] if level == 1 else []
