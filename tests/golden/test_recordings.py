"""The reader of the recordings reads all of them, and compares as it should."""

from __future__ import annotations

import pytest
from recordings import Normalizer, differences, filled, load, names

UID = "0c4e9a1d-1111-4222-8333-123456789abc"


@pytest.mark.parametrize("name", names())
def test_every_recording_has_an_answer_to_every_step_that_asks(name: str) -> None:
    recording = load(name)
    assert recording.name == name
    assert all(step["do"] == answer["do"] for step, answer in recording.exchanges())


@pytest.mark.parametrize("name", names())
def test_a_recorded_answer_is_normal_already(name: str) -> None:
    """Nothing is left to replace but the list versions and texts that stand for themselves."""
    recording = load(name)
    normalize = recording.normalizer()
    for _, answer in recording.exchanges():
        body = answer.get("body")
        if isinstance(body, dict) and body.get("kind") == "Status":
            assert differences(body, normalize(body)) == []


def test_what_differs_from_run_to_run_becomes_a_symbol() -> None:
    normalize = Normalizer()
    pod = {
        "metadata": {
            "generateName": "job-",
            "name": "job-bcdfg",
            "uid": UID,
            "resourceVersion": "41",
            "creationTimestamp": "2026-01-02T03:04:05Z",
            "managedFields": [{}],
        }
    }
    assert normalize(pod) == {
        "metadata": {
            "generateName": "job-",
            "name": "job-<gen1>",
            "uid": "<uid1>",
            "resourceVersion": "<rv1>",
            "creationTimestamp": "<time>",
        }
    }
    text = {"message": f'pods "job-bcdfg" of {UID} at 41, not 410: strconv.ParseUint: x'}
    assert normalize(text) == {
        "message": 'pods "job-<gen1>" of <uid1> at <rv1>, not 410: <go detail>'
    }


def test_a_uid_that_the_client_made_up_stays() -> None:
    normalize = Normalizer()
    normalize.asked({"metadata": {"uid": UID}})
    assert normalize({"metadata": {"uid": UID}}) == {"metadata": {"uid": UID}}


def test_saved_values_are_filled_in() -> None:
    saved = {"p": {"metadata": {"uid": "u", "n": [5]}}}
    step = {
        "body": {"uid": "${p.metadata.uid}", "n": "${p.metadata.n.0}", "t": "a-${p.metadata.n.0}"}
    }
    assert filled(step, saved) == {"body": {"uid": "u", "n": 5, "t": "a-5"}}


@pytest.mark.parametrize(
    ("want", "got", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [".a: want 1 got 2"]),
        ({"a": 1}, {"a": True}, [".a: want 1 got true"]),
        ({"a": 1}, {}, [".a: missing, want 1"]),
        ({}, {"a": 1}, [".a: unexpected 1"]),
        ([1, 2], [1], [": want 2 items got 1"]),
        ("bad: <go detail>", "bad: any text", []),
        ("bad: <go detail>", "good", [': want "bad: <go detail>" got "good"']),
    ],
)
def test_differences_are_told_with_their_place(want: object, got: object, found: list[str]) -> None:
    assert differences(want, got) == found
