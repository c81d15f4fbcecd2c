"""Source text of one module of classes."""

from __future__ import annotations

from typing import Any

from typegen.names import camel_case, snake_case
from typegen.source import Property, SourceError, Topic, Type

WIDTH = 100
#: Types that are written by hand, by the last part of their name, and where they live.
BY_HAND = {
    "Condition": "kregistry.meta.condition",
    "DeleteOptions": "kregistry.meta.options",
    "IntOrString": "kregistry.meta.intstr",
    "LabelSelector": "kregistry.meta.labelselector",
    "MicroTime": "kregistry.meta.time",
    "ObjectMeta": "kregistry.meta.objectmeta",
    "Quantity": "kregistry.meta.quantity",
    "Time": "kregistry.meta.time",
}
_SCALARS = {"string": ("str", '""'), "integer": ("int", "0"), "boolean": ("bool", "False")}
#: Values that cannot change, and what stands for none of them.
_VALUES = {"IntOrString": "IntOrString(0)", "Quantity": 'Quantity("0")'}
_TIMES = {"Time", "MicroTime"}


class Module:
    """Renders one topic; knows which names it used and where they come from."""

    def __init__(
        self, topic: Topic, homes: dict[str, str], enums: dict[tuple[str, ...], str]
    ) -> None:
        self._topic = topic
        self._enums = enums
        self._homes = homes | BY_HAND
        self._here = "kregistry." + topic.module.replace("/", ".")
        self._defined: set[str] = set()
        self._runtime: dict[str, set[str]] = {}
        self._typing_only: dict[str, set[str]] = {}
        self._typing_names: set[str] = set()

    def text(self) -> str:
        """The whole module."""
        parts = [_constant(name, values) for name, values in self._topic.enums.items()]
        parts += [f"\n{self._class(each)}" for each in self._topic.types]
        for home, names in self._runtime.items():
            self._typing_only.get(home, set()).difference_update(names)
        self._typing_only = {home: names for home, names in self._typing_only.items() if names}
        lines = [_docstring(self._topic.doc, ""), "", "from __future__ import annotations", ""]
        if self._topic.enums:
            self._typing_names.add("Final")
        if self._typing_only:
            self._typing_names.add("TYPE_CHECKING")
        if self._typing_names:
            names = sorted(self._typing_names, key=_import_order)
            lines += [f"from typing import {', '.join(names)}", ""]
        lines += _imports(self._runtime, "")
        if self._typing_only:
            lines += ["", "if TYPE_CHECKING:", *_imports(self._typing_only, "    ")]
        return "\n".join(lines).rstrip("\n") + "\n" + "".join(f"\n{part}" for part in parts)

    def _class(self, made: Type) -> str:
        self._need("model", "kregistry.meta.model")
        base, home = ("Object", "object") if made.is_object else ("Model", "model")
        self._need(base, f"kregistry.meta.{home}")
        lines = ["@model", f"class {made.name}({base}):", _docstring(made.doc, "    ")]
        constants = self._constants(made)
        if constants:
            lines += ["", *constants]
        if made.properties:
            lines += ["", *(self._attribute(each) for each in made.properties)]
        self._defined.add(made.name)
        return "\n".join(lines) + "\n"

    def _constants(self, made: Type) -> list[str]:
        constants = {"api_version": made.api_version, "kind": made.kind, "map_type": made.map_type}
        lines = [f'    {n}: ClassVar[str] = "{v}"' for n, v in constants.items() if v]
        if lines:
            self._typing_names.add("ClassVar")
        return lines

    def _attribute(self, prop: Property) -> str:
        annotation, facts = self._shape(prop)
        name = snake_case(prop.wire)
        if camel_case(name) != prop.wire:
            facts["json"] = f'"{prop.wire}"'
        facts |= _merge_facts(prop)
        named = self._enums.get(_enum(prop))
        if named is not None:
            facts["enum"] = named
            self._use(named, now=True)
        if set(facts) == {"default"}:
            return f"    {name}: {annotation} = {facts['default']}"
        self._need("field", "kregistry.meta.model")
        return _call(f"    {name}: {annotation} = field", facts)

    def _shape(self, prop: Property) -> tuple[str, dict[str, str]]:
        """The annotation, and the facts that follow from Go's type."""
        annotation, empty = self._type(prop.schema)
        factory = "list" if annotation.startswith("list[") else "dict"
        if annotation.startswith(("list[", "dict[")):
            facts = {"factory": factory}
        elif prop.optional or annotation in _TIMES:
            annotation, facts = f"{annotation} | None", {"default": "None"}
        elif empty:
            facts = {"default": empty}
            if annotation in _VALUES:
                self._use(annotation, now=True)
        else:
            facts = {"factory": self._factory(annotation)}
        # Go never leaves a struct out that is held by value.
        by_value = "$ref" in prop.schema and not prop.optional
        if by_value or not prop.omitempty:
            facts["always"] = "True"
        return annotation, facts

    def _factory(self, name: str) -> str:
        if name not in self._defined and self._homes[name] == self._here:
            return f"lambda: {name}()"
        self._use(name, now=True)
        return name

    def _type(self, schema: dict[str, Any]) -> tuple[str, str]:
        """The annotation and the text of an empty value; "" when that needs a factory."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit(".", 1)[1]
            self._use(name)
            return name, _VALUES.get(name, "")
        kind = schema.get("type")
        if kind == "array":
            return f"list[{self._type(schema['items'])[0]}]", ""
        if kind == "object" and "additionalProperties" in schema:
            return f"dict[str, {self._type(schema['additionalProperties'])[0]}]", ""
        if schema.get("format") == "byte":
            return "bytes", 'b""'
        if kind not in _SCALARS:
            raise SourceError(f"no Python type for {schema}")
        return _SCALARS[kind]

    def _use(self, name: str, *, now: bool = False) -> None:
        """Import *name*: at once if the class body needs it, else for type checkers.

        A name of the same package may wait, because ``field_types`` asks the package for it.
        """
        home = self._homes.get(name)
        if home is None:
            raise SourceError(f"{self._here}: nobody knows where {name} lives")
        package = self._here.rsplit(".", 1)[0]
        if now or home.rsplit(".", 1)[0] != package:
            self._need(name, home)
        elif home != self._here:
            self._typing_only.setdefault(home, set()).add(name)

    def _need(self, name: str, home: str) -> None:
        if home != self._here:
            self._runtime.setdefault(home, set()).add(name)


def _merge_facts(prop: Property) -> dict[str, str]:
    """How lists and maps merge, which values are documented, and what is hidden."""
    schema = prop.schema
    found = {
        "list_type": schema.get("x-kubernetes-list-type"),
        "map_type": schema.get("x-kubernetes-map-type"),
        "keys": tuple(schema.get("x-kubernetes-list-map-keys", ())),
        "merge_key": schema.get("x-kubernetes-patch-merge-key"),
        "strategy": tuple(filter(None, schema.get("x-kubernetes-patch-strategy", "").split(","))),
        "enum": _enum(prop),
    }
    facts = {name: _literal(value) for name, value in found.items() if value}
    return facts | ({"secret": "True"} if prop.secret else {})


def _enum(prop: Property) -> tuple[str, ...]:
    """The documented values of a field, or of the items of a list."""
    schema = prop.schema
    return tuple(schema.get("enum") or schema.get("items", {}).get("enum", ()))


def _literal(value: str | tuple[str, ...]) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    inner = ", ".join(f'"{each}"' for each in value)
    return f"({inner},)" if len(value) == 1 else f"({inner})"


def _call(head: str, arguments: dict[str, str]) -> str:
    """A call on one line, or its arguments on the next, or each on its own."""
    given = [f"{name}={value}" for name, value in arguments.items()]
    line = f"{head}({', '.join(given)})"
    if len(line) <= WIDTH:
        return line
    inner = f"        {', '.join(given)}"
    if len(inner) <= WIDTH:
        return f"{head}(\n{inner}\n    )"
    return f"{head}(\n" + "".join(_argument(each) for each in given) + "    )"


def _argument(text: str) -> str:
    line = f"        {text},\n"
    if len(line) <= WIDTH + 1:
        return line
    name, values = text.split("=(", 1)
    inner = "".join(f"            {each},\n" for each in values[:-1].rstrip(",").split(", "))
    return f"        {name}=(\n{inner}        ),\n"


def _constant(name: str, values: tuple[str, ...]) -> str:
    lines = packed(f"{name}: Final = (", [f'"{value}"' for value in values], ")")
    return "\n".join(["# fmt: off", *lines, "# fmt: on", ""])


def packed(head: str, items: list[str], end: str) -> list[str]:
    """A bracket whose items share as few lines as they need."""
    indent = " " * (len(head) - len(head.lstrip()) + 4)
    lines = [indent]
    for item in items:
        if len(lines[-1]) + len(item) + 1 > WIDTH:
            lines.append(indent)
        lines[-1] += f"{item}, "
    return [head, *(line.rstrip() for line in lines), indent[4:] + end]


def _docstring(text: str, indent: str) -> str:
    line = f'{indent}"""{text}"""'
    if len(line) > WIDTH:
        raise SourceError(f"topics.json: too long for one line: {text}")
    return line


def _imports(wanted: dict[str, set[str]], indent: str) -> list[str]:
    lines = []
    for home in sorted(wanted):
        names = sorted(wanted[home], key=_import_order)
        line = f"{indent}from {home} import {', '.join(names)}"
        if len(line) <= WIDTH:
            lines.append(line)
        else:
            body = [f"{indent}    {name}," for name in names]
            lines += [f"{indent}from {home} import (", *body, f"{indent})"]
    return lines


def _import_order(name: str) -> tuple[int, str]:
    """As ruff sorts: constants, then classes, then functions; whatever their case."""
    rank = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return rank, name.lower()
