"""Recordings: requests, and the answers that a real API server gave to them.

Each ``*.json`` beside this file is one recording: the steps of one conversation with
kube-apiserver 1.36, and its answers. What differs from run to run stands there as a symbol:
uids, resourceVersions and generated names are numbered in order of appearance (``<uid1>``,
``<rv2>``, ``job-<gen1>``), times are ``<time>``, and where a text goes on about Go's own types
it is cut at ``<go detail>``. :class:`Normalizer` does the same to other answers, so that both
can be compared.

Used by every test that asks whether this library answers as the API server does::

    recording = load("create_pod_twice")
    normalize = recording.normalizer()
    for step, answer in recording.exchanges():
        assert differences(answer["body"], normalize(send(step))) == []
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

FOLDER = Path(__file__).parent
GO_DETAIL = "<go detail>"

Step = dict[str, Any]
Answer = dict[str, Any]

_SILENT = ("sleep", "watch")  # steps without an answer of their own
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SAVED = re.compile(r"\$\{([^}]+)\}")
_GO_TEXT = re.compile(r"(?s)(?:strconv\.|json: cannot unmarshal|json parse error:|\n@@).*")
_REVISION_TEXTS = (
    (re.compile(r"(too old resource version: \S+) \(\d+\)"), r"\1 (<current>)"),
    (
        re.compile(r"Too large resource version: \d+, current: \d+"),
        "Too large resource version: <asked>, current: <current>",
    ),
)


@attrs.frozen
class Recording:
    """One conversation.

    Attributes:
        name: Name of the file, without its suffix.
        namespace: The namespace that exists when it starts.
        steps: What is asked, in order.
        answers: What is answered to each step that has an answer.
        keep_managed: ``managedFields`` are part of the answers.
        unordered: Causes of a Status are sorted and its message is cut, because the server
            gives them in random order.
    """

    name: str
    namespace: str
    steps: list[Step]
    answers: list[Answer]
    keep_managed: bool = False
    unordered: bool = False

    def exchanges(self) -> Iterator[tuple[Step, Answer]]:
        """Each step that has an answer, with it."""
        speaking = [step for step in self.steps if step["do"] not in _SILENT]
        return zip(speaking, self.answers, strict=True)

    def normalizer(self) -> Normalizer:
        """A fresh normalizer for one run of this recording."""
        return Normalizer(keep_managed=self.keep_managed, unordered=self.unordered)


def load(name: str) -> Recording:
    """The recording of that name."""
    found = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return Recording(
        found["name"],
        found["namespace"],
        found["steps"],
        found["answers"],
        bool(found.get("keep_managed")),
        bool(found.get("unordered")),
    )


def names() -> list[str]:
    """Names of all recordings."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def filled(node: Any, saved: Mapping[str, Any]) -> Any:
    """A copy of *node* with ``${name.path}`` replaced by what an earlier step saved."""
    if isinstance(node, dict):
        return {key: filled(value, saved) for key, value in node.items()}
    if isinstance(node, list):
        return [filled(value, saved) for value in node]
    if not isinstance(node, str):
        return copy.deepcopy(node)
    whole = _SAVED.fullmatch(node)
    if whole is not None:
        return dig(saved, whole[1])
    return _SAVED.sub(lambda match: str(dig(saved, match[1])), node)


def dig(node: Any, path: str) -> Any:
    """What ``a.0.b`` leads to from *node*."""
    for part in path.split("."):
        node = node[int(part)] if isinstance(node, list) else node[part]
    return node


class Normalizer:
    """Replaces what differs from run to run by symbols; one instance for one recording.

    The numbers follow the order in which values are first seen, so answers must be shown to it
    in the order of the steps, whole.
    """

    def __init__(self, *, keep_managed: bool = False, unordered: bool = False) -> None:
        self._keep_managed = keep_managed
        self._unordered = unordered
        self._uids: dict[str, str] = {}
        self._revisions: dict[str, str] = {}
        self._generated: dict[str, str] = {}
        self._given: set[str] = set()

    def asked(self, body: Any) -> None:
        """Tell it what a request says: uids that a client makes up are not replaced."""
        found = _UID.findall(json.dumps(body))
        self._given.update(uid for uid in found if uid not in self._uids)

    def __call__(self, answer: Any) -> Any:
        """A normalized copy of *answer*: an object, a Status or a list of events."""
        answer = copy.deepcopy(answer)
        for node in answer if isinstance(answer, list) else [answer]:
            self._settle(node)
        self._learn(answer, "")
        return self._rewritten(answer, "")

    def _settle(self, node: Any) -> None:
        """What differs between two runs of one server: list versions, order of causes."""
        if not isinstance(node, dict):
            return
        metadata = node.get("metadata", {})
        if str(node.get("kind")).endswith(("List", "Table")) and metadata.get("resourceVersion"):
            metadata["resourceVersion"] = "0"
        causes = node.get("details", {}).get("causes", [])
        if self._unordered and node.get("kind") == "Status" and len(causes) > 1:
            causes.sort(key=lambda cause: json.dumps(cause, sort_keys=True))
            node["message"] = node["message"].partition(": [")[0]

    def _learn(self, node: Any, key: str) -> None:
        """Number the symbols, in order of the document with its members sorted."""
        if isinstance(node, dict):
            self._learn_generated(node)
            for member, value in sorted(node.items()):
                if member != "managedFields" or self._keep_managed:
                    self._learn(value, member)
        elif isinstance(node, list):
            for value in node:
                self._learn(value, key)
        elif isinstance(node, str) and node not in self._given:
            if key == "resourceVersion" and node not in ("", "0"):
                self._revisions.setdefault(node, f"<rv{len(self._revisions) + 1}>")
            elif key == "uid" and _UID.fullmatch(node):
                self._uids.setdefault(node, f"<uid{len(self._uids) + 1}>")

    def _learn_generated(self, node: dict[str, Any]) -> None:
        base, name = node.get("generateName"), node.get("name")
        if not (isinstance(base, str) and base and isinstance(name, str)):
            return
        base = base[:58]
        if name.startswith(base) and len(name) == len(base) + 5:
            self._generated.setdefault(name, f"{base}<gen{len(self._generated) + 1}>")

    def _rewritten(self, node: Any, key: str) -> Any:
        if isinstance(node, dict):
            return {
                member: self._rewritten(value, member)
                for member, value in sorted(node.items())
                if member != "managedFields" or self._keep_managed
            }
        if isinstance(node, list):
            return [self._rewritten(value, key) for value in node]
        return self._text(node, key) if isinstance(node, str) else node

    def _text(self, text: str, key: str) -> str:
        if key == "resourceVersion":
            return self._revisions.get(text, text)
        if key == "continue" and text:
            return "<continue>"
        if _TIME.fullmatch(text) and text not in self._given:
            return "<time>"
        for table in (self._uids, self._generated):
            for value, symbol in table.items():
                text = text.replace(value, symbol)
        return self._message(text) if key == "message" else text

    def _message(self, text: str) -> str:
        for revision in sorted(self._revisions, key=len, reverse=True):
            text = re.sub(rf"(?<!\d){revision}(?!\d)", self._revisions[revision], text)
        text = _GO_TEXT.sub(GO_DETAIL, _TIME.sub("<time>", text))
        for pattern, replacement in _REVISION_TEXTS:
            text = pattern.sub(replacement, text)
        return text


def differences(want: Any, got: Any, path: str = "") -> list[str]:
    """Where *got* is not what was recorded, one line each."""
    if type(want) is not type(got):
        return [f"{path}: want {_short(want)} got {_short(got)}"]
    if isinstance(want, dict):
        found = []
        for key in sorted(want.keys() | got.keys()):
            if key not in got:
                found.append(f"{path}.{key}: missing, want {_short(want[key])}")
            elif key not in want:
                found.append(f"{path}.{key}: unexpected {_short(got[key])}")
            else:
                found += differences(want[key], got[key], f"{path}.{key}")
        return found
    if isinstance(want, list):
        if len(want) != len(got):
            return [f"{path}: want {len(want)} items got {len(got)}"]
        pairs = enumerate(zip(want, got, strict=True))
        return [line for i, (a, b) in pairs for line in differences(a, b, f"{path}[{i}]")]
    if isinstance(want, str) and GO_DETAIL in want:
        head = want.partition(GO_DETAIL)[0]
        return [] if got.startswith(head) else [f"{path}: want {_short(want)} got {_short(got)}"]
    return [] if want == got else [f"{path}: want {_short(want)} got {_short(got)}"]


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:200]
