"""Sources of functions that turn an instance into a dict for a JSON printer."""

from __future__ import annotations

import attrs

from kregistry.runtime.shapes import ANY, Form, Member, Shape, Struct
from kregistry.runtime.sources.defaults import levels_of, written_when
from kregistry.runtime.sources.lines import SMALL
from kregistry.runtime.sources.names import Names


def write_source(struct: Struct, names: Names) -> str:
    """A dict of one instance, members in order, empty ones left out as the class says."""
    return _function(struct, names, {})


def head_source(struct: Struct, names: Names) -> str:
    """The same with the type that the class declares."""
    return _function(struct, names, struct.head)


def _function(struct: Struct, names: Names, head: dict[str, str]) -> str:
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
    blocks += [(member.wire, _member(struct, member, names)) for member in struct.members]
    for _, block in sorted(blocks):
        lines += block
    return "\n".join([*lines, "    return r", ""])


def _member(struct: Struct, member: Member, names: Names) -> list[str]:
    where = f"{struct.cls.__name__}.{member.attribute}"
    shape = member.shape
    condition = written_when(member)
    load = f"v = o.{member.attribute}"
    if not condition and not shape.optional:
        return [f"    {load}", *_assignment(shape, member.wire, where, "    ", names)]
    if condition:
        lines = [f"    if {condition}:", f"        {load}"]
    else:
        lines = [
            f"    {load}",
            "    if v is None:",
            f"        r[{member.wire!r}] = None",
            "    else:",
        ]
    present = attrs.evolve(shape, optional=False)
    filled = condition == f"o.{member.attribute}"
    return [*lines, *_assignment(present, member.wire, where, "        ", names, filled=filled)]


def _assignment(
    shape: Shape, wire: str, where: str, indent: str, names: Names, *, filled: bool = False
) -> list[str]:
    """The statements that write the value *v* to the dict *r*; *filled* if it is not empty.

    The common containers are loops, because each comprehension would be a function of its
    own, made anew for every instance.
    """
    target, item = f"r[{wire!r}]", shape.item or ANY
    lines = _room_for(shape, filled)
    if shape.form is Form.LIST and shape.container is list and not item.optional:
        lines += _list_loop(item, target, where, names)
    elif shape.form is Form.MAP:
        lines += _map_loop(item, target, where, names)
    else:
        lines.append(f"{target} = {_value(shape, 'v', where, 1, names)}")
    return [f"{indent}{line}" for line in lines]


def _room_for(shape: Shape, filled: bool) -> list[str]:
    """The check that what the type itself nests is not too deep."""
    levels = levels_of(shape)
    if filled and levels == 1 and shape.item is not None and shape.item.form is Form.STRUCT:
        return []  # the first item makes the same check
    return [f"if room <= {levels}:", "    raise too_deep()"] if levels else []


def _list_loop(item: Shape, target: str, where: str, names: Names) -> list[str]:
    lines = ["if v.__class__ is not list:", f"    v = as_list(v, {where!r})"]
    if item.form is not Form.STR:
        value = _value(item, "x", where, 2, names)
        return [*lines, f"{target} = a = []", "for x in v:", f"    a.append({value})"]
    return [
        *lines,
        "for x in v:",
        "    if x.__class__ is not str:",
        f"        v = [as_str(y, {where!r}) for y in v]",
        "        break",
        f"{target} = [*v]",
    ]


def _map_loop(item: Shape, target: str, where: str, names: Names) -> list[str]:
    return [
        "if v.__class__ is not dict:",
        f"    v = as_map(v, {where!r})",
        f"{target} = a = {{}}",
        "for k in sorted(v):",
        "    x = v[k]",
        "    if k.__class__ is not str:",
        f"        k = as_key(k, {where!r})",
        f"    a[k] = {_value(item, 'x', where, 2, names)}",
    ]


def _value(shape: Shape, v: str, where: str, level: int, names: Names) -> str:
    """The expression that turns the value *v*, *level* levels down, into JSON."""
    text = _present(shape, v, where, level, names)
    if shape.optional and shape.form is not Form.ANY:
        return f"(None if {v} is None else {text})"
    return text


def _present(shape: Shape, v: str, where: str, level: int, names: Names) -> str:
    w, room = repr(where), f"room - {level}"
    match shape.form:
        case Form.STR:
            return f"({v} if {v}.__class__ is str else as_str({v}, {w}))"
        case Form.INT:
            # Small constants compare fastest; as_int knows the real bounds.
            fits = f"{v}.__class__ is int and -1 < {v} < {SMALL}"
            return f"({v} if {fits} else as_int({v}, {w}))"
        case Form.BOOL:
            return f"({v} if {v} is True or {v} is False else as_bool({v}, {w}))"
        case Form.FLOAT:
            return f"as_float({v}, {w})"
        case Form.ANY:
            return f"plain({v}, {room})"
        case Form.VALUE | Form.ENUM:
            return _simple(shape, v, w, names)
        case Form.STRUCT:
            return f"{names.function('write', shape.type)}({v}, {room})"
        case Form.OBJECT:
            return f"{'write_bare' if shape.bare else 'write_object'}({v}, {room})"
        case Form.FOREIGN:
            return f"write_foreign({v}, {names.constant(shape.type)}, {room})"
    return _container(shape, v, where, level, names)


def _simple(shape: Shape, v: str, w: str, names: Names) -> str:
    cls = names.constant(shape.type)
    if shape.value is None:
        return f"plain(({v} if {v}.__class__ is {cls} else as_instance({v}, {cls}, {w})).value, 1)"
    write = names.constant(shape.value.write)
    usual = f"{v}.{shape.value.held}" if shape.value.held else f"{write}({v})"
    return f"({usual} if {v}.__class__ is {cls} else {write}(as_instance({v}, {cls}, {w})))"


def _container(shape: Shape, v: str, where: str, level: int, names: Names) -> str:
    """A container inside a container, or one that is neither list nor dict."""
    x, w = f"x{level}", repr(where)
    item = _value(shape.item or ANY, x, where, level + 1, names)
    if shape.form is Form.MAP:
        k = f"k{level}"
        members = f"({v} if {v}.__class__ is dict else as_map({v}, {w})).items()"
        key = f"({k} if {k}.__class__ is str else as_key({k}, {w}))"
        return f"{{{key}: {item} for {k}, {x} in sorted({members})}}"
    items = f"[{item} for {x} in as_list({v}, {w})]"
    return items if shape.container in (list, tuple) else f"sorted({items})"
