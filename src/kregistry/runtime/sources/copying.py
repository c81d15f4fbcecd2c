"""Sources of functions that make deep copies."""

from __future__ import annotations

from typing import Final

from kregistry.runtime.shapes import ANY, Form, Member, Shape, Struct
from kregistry.runtime.sources.names import Names

_IMMUTABLE: Final = (Form.STR, Form.INT, Form.FLOAT, Form.BOOL, Form.VALUE, Form.ENUM)


def copy_source(struct: Struct, names: Names) -> str:
    """A deep copy: values are shared, containers and instances are not."""
    cls = names.constant(struct.cls)
    lines = [
        f"def {names.own}(o):",
        f"    if o.__class__ is not {cls}:",
        "        return copy_other(o)",
        f"    n = new({cls})" if struct.plain_init else "    n = shallow(o)",
    ]
    for member in struct.attributes:
        lines += _copy_member(member, struct.plain_init, names)
    return "\n".join([*lines, "    return n", ""])


def _copy_member(member: Member, plain_init: bool, names: Names) -> list[str]:
    attribute = member.attribute
    text = _copy(member.shape, "v", 1, names)
    if text == "v":
        return [f"    n.{attribute} = o.{attribute}"] if plain_init else []
    lines = [f"    v = o.{attribute}"]
    if not plain_init:
        return [*lines, f"    assign(n, {attribute!r}, v if v is None else {text})"]
    shape = member.shape
    if shape.form is Form.LIST and shape.container is list and text != "[*v]":
        # A loop: a comprehension would be a function of its own, made anew each time.
        return [
            *lines,
            f"    n.{attribute} = a = v if v is None else []",
            "    if v:",
            "        for x in v:",
            f"            a.append({_item(shape.item or ANY, 'x', 2, names)})",
        ]
    return [*lines, f"    n.{attribute} = v if v is None else {text}"]


def _copy(shape: Shape, v: str, level: int, names: Names) -> str:
    """The expression for a copy of the value *v*, which is not None."""
    if shape.form in _IMMUTABLE:
        return v
    match shape.form:
        case Form.ANY:
            return f"copied({v})"
        case Form.STRUCT:
            return f"{names.function('copy', shape.type)}({v})"
        case Form.OBJECT:
            return f"copy_other({v})"
        case Form.FOREIGN:
            return f"deep({v})"
    return _copy_container(shape, v, level, names)


def _copy_container(shape: Shape, v: str, level: int, names: Names) -> str:
    x = f"x{level}"
    item = _item(shape.item or ANY, x, level + 1, names)
    if shape.form is Form.MAP:
        return (
            f"{{**{v}}}" if item == x else f"{{k{level}: {item} for k{level}, {x} in {v}.items()}}"
        )
    if item == x:
        return f"[*{v}]" if shape.container is list else f"{shape.container.__name__}({v})"
    items = f"[{item} for {x} in {v}]"
    return items if shape.container is list else f"{shape.container.__name__}({items})"


def _item(shape: Shape, x: str, level: int, names: Names) -> str:
    """The expression for a copy of an item, which may be None where its type allows that."""
    text = _copy(shape, x, level, names)
    return f"({x} if {x} is None else {text})" if shape.optional and text != x else text
