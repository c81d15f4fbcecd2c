"""Sources of functions that turn a dict, fresh from a JSON parser, into an instance."""

from __future__ import annotations

from kregistry.runtime.shapes import ANY, Form, Member, Shape, Struct
from kregistry.runtime.sources.defaults import default_of, default_text, is_empty
from kregistry.runtime.sources.names import Names


def read_source(struct: Struct, names: Names) -> str:
    """An instance of a dict; null and absence give the default."""
    if struct.plain_init:
        return _fill(struct, names)
    return _construct(struct, names)


def _fill(struct: Struct, names: Names) -> str:
    """Assign field by field, without ``__init__``, which would do nothing else."""
    cls = names.constant(struct.cls)
    lines = [f"def {names.own}(d):", "    g = d.get", f"    o = new({cls})"]
    for member in struct.members:
        lines += _fill_member(struct, member, names)
    return "\n".join([*lines, "    return o", ""])


def _fill_member(struct: Struct, member: Member, names: Names) -> list[str]:
    key, attribute, shape = repr(member.wire), member.attribute, member.shape
    default = default_of(member)
    as_it_is = _read(shape, "v", 1, names) == "v"
    if as_it_is and default is None:
        return [f"    o.{attribute} = g({key})"]
    if as_it_is and is_empty(default):
        return [f"    o.{attribute} = g({key}) or {default_text(member, names)}"]
    lines = [f"    v = g({key})"]
    if member.required and not shape.optional:
        lines += [
            "    if v is None:",
            f"        raise missing({names.constant(struct.cls)}, {key})",
            f"    o.{attribute} = {_read(shape, 'v', 1, names)}",
        ]
        return lines
    absent = default_text(member, names)
    if shape.form is Form.LIST and shape.container is list and absent == "[]":
        # A loop: a comprehension would be a function of its own, made anew each time.
        return [
            *lines,
            "    if v:",
            f"        o.{attribute} = a = []",
            "        for x in v:",
            f"            a.append({_item(shape.item or ANY, 'x', 2, names)})",
            "    else:",
            f"        o.{attribute} = []",
        ]
    return [*lines, f"    o.{attribute} = {absent} if v is None else {_read(shape, 'v', 1, names)}"]


def _construct(struct: Struct, names: Names) -> str:
    """Call the class, whose ``__init__`` has its own ideas."""
    cls = names.constant(struct.cls)
    lines = [f"def {names.own}(d):", "    g = d.get", "    k = {}"]
    for member in struct.members:
        lines += [
            f"    v = g({member.wire!r})",
            "    if v is not None:",
            f"        k[{member.argument!r}] = {_read(member.shape, 'v', 1, names)}",
        ]
        if member.required and member.shape.optional:
            lines += ["    else:", f"        k[{member.argument!r}] = None"]
        elif member.required:
            lines += ["    else:", f"        raise missing({cls}, {member.wire!r})"]
    lines += [
        "    try:",
        f"        return {cls}(**k)",
        "    except Exception as error:",
        f"        raise rejected({cls}, error) from error",
    ]
    return "\n".join([*lines, ""])


def _read(shape: Shape, v: str, level: int, names: Names) -> str:
    """The expression that turns the JSON value *v*, which is not null, into a field's value."""
    match shape.form:
        case Form.STR | Form.INT | Form.BOOL | Form.ANY:
            return v
        case Form.FLOAT:
            return f"float({v})"
        case Form.VALUE:
            return _value(shape, v, names)
        case Form.ENUM:
            return f"{names.constant(shape.type)}({v})"
        case Form.STRUCT:
            return f"{names.function('read', shape.type)}({v})"
        case Form.OBJECT:
            return f"read_object({v}, {names.constant(shape.type)})"
        case Form.FOREIGN:
            return f"read_foreign({v}, {names.constant(shape.type)})"
    return _read_container(shape, v, level, names)


def _value(shape: Shape, v: str, names: Names) -> str:
    assert shape.value is not None
    read = f"{names.constant(shape.value.read)}({v})"
    if shape.value.known is None:
        return read
    exact = " or ".join(f"{v}.__class__ is {each}" for each in ("str", "int"))
    return f"({names.constant(shape.value.known)}[{v}] if {exact} else {read})"


def _read_container(shape: Shape, v: str, level: int, names: Names) -> str:
    x = f"x{level}"
    item = _item(shape.item or ANY, x, level + 1, names)
    if shape.form is Form.MAP:
        return v if item == x else f"{{k{level}: {item} for k{level}, {x} in {v}.items()}}"
    items = v if item == x else f"[{item} for {x} in {v}]"
    return items if shape.container is list else f"{shape.container.__name__}({items})"


def _item(shape: Shape, x: str, level: int, names: Names) -> str:
    """The expression for an item, which may be null where its type allows that."""
    text = _read(shape, x, level, names)
    return f"(None if {x} is None else {text})" if shape.optional and text != x else text
