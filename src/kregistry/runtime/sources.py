"""Sources of generated functions.

The texts are made of attribute names, of wire names through ``repr``, and of names that the
generator gave; nothing that comes from data is ever part of one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import attrs

from kregistry.runtime.shapes import Form, Member, Shape, Struct


class Names(NamedTuple):
    """How a source refers to what is outside.

    Attributes:
        own: Name of the function to make.
        function: Name of the function of a purpose and a class.
        constant: Name of a value.
    """

    own: str
    function: Callable[[str, Any], str]
    constant: Callable[[Any], str]


_EMPTIABLE = (str, bytes, int, float, list, tuple, dict, set, frozenset)
_IMMUTABLE = (Form.STR, Form.INT, Form.FLOAT, Form.BOOL, Form.VALUE, Form.ENUM)


# ---------------------------------------------------------------------------------- write


def write_source(struct: Struct, names: Names) -> str:
    """A dict of one instance, members in order, empty ones left out as the class says."""
    return _writer(struct, names, {})


def head_source(struct: Struct, names: Names) -> str:
    """The same with the type that the class declares."""
    head = {"apiVersion": struct.api_version, "kind": struct.kind}
    return _writer(struct, names, {wire: value for wire, value in head.items() if value})


def _writer(struct: Struct, names: Names, head: dict[str, str]) -> str:
    cls = names.constant(struct.cls)
    lines = [
        f"def {names.own}(o, room):",
        f"    if o.__class__ is not {cls}:",
        f"        as_instance(o, {cls}, {struct.cls.__name__!r})",
        "    if room <= 0:",
        "        raise too_deep()",
        "    r = {}",
    ]
    blocks = [(wire, [f"    r[{wire!r}] = {value!r}"]) for wire, value in head.items()]
    blocks += [(member.wire, _write_member(struct, member, names)) for member in struct.members]
    for _, block in sorted(blocks):
        lines += block
    return "\n".join([*lines, "    return r", ""])


def _write_member(struct: Struct, member: Member, names: Names) -> list[str]:
    where = f"{struct.cls.__name__}.{member.attribute}"
    shape = member.shape
    lines = [f"    v = o.{member.attribute}"]
    indent = "    "
    condition = _written_when(member)
    if condition:
        lines.append(f"    if {condition}:")
        indent = "        "
        shape = attrs.evolve(shape, optional=False)
    levels = _levels(shape)
    if levels:
        lines += [f"{indent}if room <= {levels}:", f"{indent}    raise too_deep()"]
    lines.append(f"{indent}r[{member.wire!r}] = {_write(shape, 'v', where, 1, names)}")
    return lines


def _written_when(member: Member) -> str:
    """The condition under which a member is written, "" for always."""
    if member.always:
        return ""
    default = default_of(member)
    if default is None:
        return "v is not None"
    return "v" if is_empty(default) else ""


def default_of(member: Member) -> Any:
    """The default as a value; one that needs the instance counts as not empty."""
    default = member.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return attrs.NOTHING if default.takes_self else default.factory()
    return default


def is_empty(value: Any) -> bool:
    """Whether a value is one of those that Go's ``omitempty`` leaves out."""
    return value is None or (isinstance(value, _EMPTIABLE) and not value)


def _levels(shape: Shape) -> int:
    """How many levels of lists and maps the type itself nests."""
    if shape.form in (Form.LIST, Form.MAP) and shape.item is not None:
        return 1 + _levels(shape.item)
    return 0


def _write(shape: Shape, v: str, where: str, level: int, names: Names) -> str:
    """The expression that turns the value *v* into JSON."""
    text = _write_present(shape, v, where, level, names)
    if shape.optional and shape.form is not Form.ANY:
        return f"(None if {v} is None else {text})"
    return text


def _write_present(shape: Shape, v: str, where: str, level: int, names: Names) -> str:
    w, room = repr(where), f"room - {level}"
    match shape.form:
        case Form.STR:
            return f"({v} if {v}.__class__ is str else as_str({v}, {w}))"
        case Form.INT:
            fits = f"{v}.__class__ is int and LOWEST <= {v} <= HIGHEST"
            return f"({v} if {fits} else as_int({v}, {w}))"
        case Form.BOOL:
            return f"({v} if {v} is True or {v} is False else as_bool({v}, {w}))"
        case Form.FLOAT:
            return f"as_float({v}, {w})"
        case Form.ANY:
            return f"plain({v}, {room})"
        case Form.VALUE | Form.ENUM:
            return _write_value(shape, v, w, names)
        case Form.STRUCT:
            return f"{names.function('write', shape.type)}({v}, {room})"
        case Form.OBJECT:
            return f"{'write_bare' if shape.bare else 'write_object'}({v}, {room})"
        case Form.FOREIGN:
            return f"write_foreign({v}, {names.constant(shape.type)}, {room})"
    return _write_container(shape, v, where, level, names)


def _write_value(shape: Shape, v: str, w: str, names: Names) -> str:
    cls = names.constant(shape.type)
    checked = f"({v} if {v}.__class__ is {cls} else as_instance({v}, {cls}, {w}))"
    if shape.value is None:
        return f"plain({checked}.value, 1)"
    return f"{names.constant(shape.value.write)}({checked})"


def _write_container(shape: Shape, v: str, where: str, level: int, names: Names) -> str:
    assert shape.item is not None
    x, w = f"x{level}", repr(where)
    item = _write(shape.item, x, where, level + 1, names)
    if shape.form is Form.MAP:
        k = f"k{level}"
        members = f"({v} if {v}.__class__ is dict else as_map({v}, {w})).items()"
        key = f"({k} if {k}.__class__ is str else as_key({k}, {w}))"
        return f"{{{key}: {item} for {k}, {x} in sorted({members})}}"
    if shape.container is list:
        return f"[{item} for {x} in ({v} if {v}.__class__ is list else as_list({v}, {w}))]"
    items = f"[{item} for {x} in as_list({v}, {w})]"
    return items if shape.container is tuple else f"sorted({items})"


# ----------------------------------------------------------------------------------- read


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
        return [f"    o.{attribute} = g({key}) or {_default(member, names)}"]
    lines = [f"    v = g({key})"]
    if member.required and not shape.optional:
        lines += [
            "    if v is None:",
            f"        raise missing({names.constant(struct.cls)}, {key})",
            f"    o.{attribute} = {_read(shape, 'v', 1, names)}",
        ]
        return lines
    absent = _default(member, names)
    return [*lines, f"    o.{attribute} = {absent} if v is None else {_read(shape, 'v', 1, names)}"]


def _default(member: Member, names: Names) -> str:
    """The expression for the default."""
    default = member.default
    if member.required or default is None:
        return "None"
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        literal = {list: "[]", dict: "{}", tuple: "()"}.get(default.factory)
        return literal or f"{names.constant(default.factory)}()"
    if isinstance(default, str | int | bool) and type(default) in (str, int, bool):
        return repr(default)
    return names.constant(default)


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
            assert shape.value is not None
            return f"{names.constant(shape.value.read)}({v})"
        case Form.ENUM:
            return f"{names.constant(shape.type)}({v})"
        case Form.STRUCT:
            return f"{names.function('read', shape.type)}({v})"
        case Form.OBJECT:
            return f"read_object({v}, {names.constant(shape.type)})"
        case Form.FOREIGN:
            return f"read_foreign({v}, {names.constant(shape.type)})"
    return _read_container(shape, v, level, names)


def _read_container(shape: Shape, v: str, level: int, names: Names) -> str:
    assert shape.item is not None
    x = f"x{level}"
    item = _read(shape.item, x, level + 1, names)
    if shape.item.optional and item != x:
        item = f"(None if {x} is None else {item})"
    if shape.form is Form.MAP:
        return v if item == x else f"{{k{level}: {item} for k{level}, {x} in {v}.items()}}"
    items = v if item == x else f"[{item} for {x} in {v}]"
    return items if shape.container is list else f"{shape.container.__name__}({items})"


# ----------------------------------------------------------------------------------- copy


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
    text = f"v if v is None else {text}"
    if plain_init:
        return [f"    v = o.{attribute}", f"    n.{attribute} = {text}"]
    return [f"    v = o.{attribute}", f"    assign(n, {attribute!r}, {text})"]


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
    assert shape.item is not None
    x = f"x{level}"
    item = _copy(shape.item, x, level + 1, names)
    if shape.item.optional and item != x:
        item = f"({x} if {x} is None else {item})"
    if shape.form is Form.MAP:
        return (
            f"{{**{v}}}" if item == x else f"{{k{level}: {item} for k{level}, {x} in {v}.items()}}"
        )
    if item == x:
        return f"[*{v}]" if shape.container is list else f"{shape.container.__name__}({v})"
    items = f"[{item} for {x} in {v}]"
    return items if shape.container is list else f"{shape.container.__name__}({items})"
