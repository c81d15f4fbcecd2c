"""Sources of functions that turn a dict, fresh from a JSON parser, into an instance.

Each class has two. *read* is for what was printed here: it takes the types of scalars on trust, and
passes over members that the class does not know. *accept* is for what strangers sent, nearly all
of which is exactly what its class promises: it raises Odd on the rest, and leaves it to
:class:`~kregistry.runtime.strict.Checker` to say what is wrong with it, if anything is.

More than half of the members are absent. ``name in d`` finds that out without a call, which
``d.get(name)`` is, and makes the whole a fifth faster.
"""

from __future__ import annotations

from typing import Final

from kregistry.runtime.shapes import ANY, EXACT, TYPE_META, Form, Member, Shape, Struct
from kregistry.runtime.sources.defaults import default_of, default_text, is_empty
from kregistry.runtime.sources.lines import class_check, indented, int_check
from kregistry.runtime.sources.names import Names

_ENUM_WIRE: Final = (str, int)

#: Text and lists have ``in``, too, and would be taken for objects without members.
_CONTENT: Final = ("if d.__class__ is not dict:", "    d = as_object(d)")


def read_source(struct: Struct, names: Names) -> str:
    """An instance of a dict; null and absence give the default."""
    return _Source(struct, names, strict=False).function()


def accept_source(struct: Struct, names: Names) -> str:
    """The same of a dict that is exactly what the class promises.

    The function adds to the list *c* how many members it has found in each object. Who knows how
    many names the text has can tell whether there were others, or some of them twice.
    """
    return _Source(struct, names, strict=True).function()


class _Source:
    """The source of one function.

    Args:
        struct: The class.
        names: How to refer to what is outside.
        strict: Accept, and do not just read.
    """

    def __init__(self, struct: Struct, names: Names, *, strict: bool) -> None:
        self._struct = struct
        self._names = names
        self._strict = strict
        self._cls = names.constant(struct.cls)

    def function(self) -> str:
        """All of it."""
        lines = self._fill() if self._struct.plain_init else self._construct()
        lines = [*(self._survey() if self._strict else _CONTENT), *lines]
        parameters = "d, c" if self._strict else "d"
        return "\n".join([f"def {self._names.own}({parameters}):", *indented(lines), ""])

    def _survey(self) -> list[str]:
        """Members that are the same in all classes; *f* is how many were found."""
        lines = [*class_check("d", "dict"), "f = 0"]
        for name in TYPE_META if self._struct.kind else ():
            present = [f"v = d[{name!r}]", "f += 1", "if v is not None:"]
            present += indented(class_check("v", "str"))
            lines += [f"if {name!r} in d:", *indented(present)]
        return lines

    def _fill(self) -> list[str]:
        """Assign field by field, without ``__init__``, which would do nothing else."""
        lines = [f"o = new({self._cls})"]
        for member in self._struct.members:
            lines += self._fill_member(member)
        return [*lines, *self._found(), "return o"]

    def _found(self) -> list[str]:
        return ["c.append(f)"] if self._strict else []

    def _count(self) -> list[str]:
        return ["f += 1"] if self._strict else []

    def _fill_member(self, member: Member) -> list[str]:
        key, target, shape = repr(member.wire), f"o.{member.attribute}", member.shape
        if member.required and not shape.optional:
            absent = f"raise missing({self._cls}, {key})"
        else:
            absent = f"{target} = {default_text(member, self._names)}"
        if shape.form is Form.LIST and shape.container is list and absent == f"{target} = []":
            loop = self._loop(shape)
            if loop:
                there = "v is not None" if self._strict else "v"
                present = [f"v = d[{key}]", *self._count(), f"if {there}:", *indented(loop)]
                return [f"{target} = a = []", f"if {key} in d:", *indented(present)]
        present = self._present(member, target, absent)
        return [f"if {key} in d:", *indented(present), "else:", f"    {absent}"]

    def _loop(self, shape: Shape) -> list[str]:
        """A comprehension would be a function of its own, made anew each time."""
        item = self._item(shape.item or ANY, "x", 2)
        loop = ["for x in v:", f"    a.append({item})"] if item != "x" else []
        return [*self._checks(shape, "v", 1), *loop] if loop else []

    def _present(self, member: Member, target: str, absent: str) -> list[str]:
        """The statements for a member that is there, perhaps as null."""
        key, default = repr(member.wire), default_of(member)
        value, checks = self._value(member.shape, "v", 1), self._checks(member.shape, "v", 1)
        if value == "v" and not checks and default is None:
            return [f"{target} = d[{key}]"]
        if value == "v" and not checks and is_empty(default):
            return [f"{target} = d[{key}] or {default_text(member, self._names)}"]
        present = indented([*checks, f"{target} = {value}"])
        load = [f"v = d[{key}]", *self._count()]
        return [*load, "if v is None:", f"    {absent}", "else:", *present]

    def _construct(self) -> list[str]:
        """Call the class, whose ``__init__`` has its own ideas."""
        lines = ["k = {}"]
        for member in self._struct.members:
            target = f"k[{member.argument!r}]"
            present = [
                *self._checks(member.shape, "v", 1),
                f"{target} = {self._value(member.shape, 'v', 1)}",
            ]
            if self._strict:
                lines += [f"f += {member.wire!r} in d"]
            lines += [f"v = d.get({member.wire!r})", "if v is not None:", *indented(present)]
            if member.required and member.shape.optional:
                lines += ["else:", f"    {target} = None"]
            elif member.required:
                lines += ["else:", f"    raise missing({self._cls}, {member.wire!r})"]
        return [
            *(*lines, *self._found()),
            "try:",
            f"    return {self._cls}(**k)",
            "except Exception as error:",
            f"    raise rejected({self._cls}, error) from error",
        ]

    def _checks(self, shape: Shape, v: str, level: int) -> list[str]:
        """The statements that look at the value *v*, which is not null; instances do it themselves.

        That a null in a list is no null of a member, and so is Odd, comes out of them, too.
        """
        if not self._strict:
            return []
        match shape.form:
            case Form.STR | Form.BOOL:
                return class_check(v, EXACT[shape.form].__name__)
            case Form.INT:
                return int_check(v)
            case Form.VALUE | Form.ENUM | Form.FLOAT:
                return self._scalar_checks(shape, v)
            case Form.STRUCT:
                return []
            case Form.ANY:
                return [f"survey({v}, c)"]
            case Form.LIST:
                return [*class_check(v, "list"), *self._item_checks(shape, v, level)]
            case Form.MAP:
                items = self._item_checks(shape, f"{v}.values()", level)
                return [*class_check(v, "dict"), f"c.append(len({v}))", *items]
        return ["raise Odd"]  # only the value itself tells what it is

    def _scalar_checks(self, shape: Shape, v: str) -> list[str]:
        if shape.form is Form.FLOAT:
            return [f"number({v}, {self._names.constant((float, int))})"]
        wire = shape.value.wire if shape.value is not None else _ENUM_WIRE
        if wire == (str,):
            return class_check(v, "str")
        return [f"if {v}.__class__ is not str:", f"    number({v}, {self._names.constant(wire)})"]

    def _item_checks(self, shape: Shape, values: str, level: int) -> list[str]:
        x = f"y{level}"
        checks = self._checks(shape.item or ANY, x, level + 1)
        return [f"for {x} in {values}:", *indented(checks)] if checks else []

    def _value(self, shape: Shape, v: str, level: int) -> str:
        """The expression that turns the JSON value *v*, which is not null, into a field's value."""
        match shape.form:
            case Form.STR | Form.INT | Form.BOOL | Form.ANY:
                return v
            case Form.FLOAT:
                return f"float({v})"
            case Form.VALUE:
                return self._simple(shape, v)
            case Form.ENUM:
                return f"{self._names.constant(shape.type)}({v})"
            case Form.STRUCT if self._strict:
                return f"{self._names.function('accept', shape.type)}({v}, c)"
            case Form.STRUCT:
                return f"{self._names.function('read', shape.type)}({v})"
            case Form.OBJECT:
                return f"read_object({v}, {self._names.constant(shape.type)})"
            case Form.FOREIGN:
                return f"read_foreign({v}, {self._names.constant(shape.type)})"
        return self._container(shape, v, level)

    def _simple(self, shape: Shape, v: str) -> str:
        assert shape.value is not None
        read = f"{self._names.constant(shape.value.read)}({v})"
        if shape.value.known is None:
            return read
        exact = " or ".join(f"{v}.__class__ is {each}" for each in ("str", "int"))
        return f"({self._names.constant(shape.value.known)}[{v}] if {exact} else {read})"

    def _container(self, shape: Shape, v: str, level: int) -> str:
        x = f"x{level}"
        item = self._item(shape.item or ANY, x, level + 1)
        if shape.form is Form.MAP:
            return v if item == x else f"{{k{level}: {item} for k{level}, {x} in {v}.items()}}"
        items = v if item == x else f"[{item} for {x} in {v}]"
        return items if shape.container is list else f"{shape.container.__name__}({items})"

    def _item(self, shape: Shape, x: str, level: int) -> str:
        """The expression for an item, which may be null where its type allows that."""
        text = self._value(shape, x, level)
        return f"(None if {x} is None else {text})" if shape.optional and text != x else text
