"""The generator of the table of messages, on a checkout of a few lines, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

META = """
package k8s.io.apimachinery.pkg.apis.meta.v1;

message DeleteOptions {
  optional int64 gracePeriodSeconds = 1;
}

message ObjectMeta {
  optional string name = 1;
  optional Time creationTimestamp = 8;
  map<string, string> labels = 11;
}

message Time {
  optional int64 seconds = 1;
}

message Verbs {
  repeated string items = 1;
}
"""
META_GO = """
package v1

type DeleteOptions struct {
\tTypeMeta `json:",inline"`
\tGracePeriodSeconds *int64 `json:"gracePeriodSeconds,omitempty" protobuf:"varint,1,opt,name=g"`
}

type ObjectMeta struct {
\tName string `json:"name,omitempty" protobuf:"bytes,1,opt,name=name"`
\tCreationTimestamp Time `json:"creationTimestamp,omitempty" protobuf:"bytes,8,opt,name=c"`
\tLabels map[string]string `json:"labels,omitempty" protobuf:"bytes,11,rep,name=labels"`
}

type Verbs []string
"""
SHOP = """
package k8s.io.api.shop.v1;

message Shop {
  // The name, and more.
  optional .k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta metadata = 1;

  optional ShopSpec spec = 2;
}

message ShopSpec {
  optional Place place = 1;

  optional int32 tills = 2;

  optional int32 clerks = 3;

  repeated Shelf shelves = 4;

  map<string, Shelf> named = 5;

  optional .k8s.io.apimachinery.pkg.apis.meta.v1.Verbs verbs = 6;

  optional Note note = 7;
}

message Place {
  optional string street = 1;
}

message Shelf {
}

message Note {
  optional bytes raw = 1;
}

message Nobody {
  optional string wants = 1;
}
"""
SHOP_GO = """
package v1

const GroupName = "shop.example"

type Shop struct {
\tmetav1.TypeMeta `json:",inline"`
\tmetav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`
\tSpec ShopSpec `json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"`
}

type ShopSpec struct {
\t// Where it is.
\tPlace `json:",inline" protobuf:"bytes,1,opt,name=place"`
\tTills int32 `json:"$tills,omitempty" protobuf:"varint,2,opt,name=tills"`
\tClerks *int32 `json:"clerks,omitempty" protobuf:"varint,3,opt,name=clerks"`
\tShelves []Shelf `json:"shelves" protobuf:"bytes,4,rep,name=shelves"`
\tNamed map[string]Shelf `json:"named,omitempty" protobuf:"bytes,5,rep,name=named"`
\tVerbs metav1.Verbs `json:"verbs" protobuf:"bytes,6,opt,name=verbs"`
\tNote Note `json:"note,omitempty" protobuf:"bytes,7,opt,name=note"`
}

type Place struct {
\tStreet string `json:"street" protobuf:"bytes,1,opt,name=street"`
}

type Shelf struct{}

type Note struct {
\tRaw []byte `json:"-" protobuf:"bytes,1,opt,name=raw"`
}
"""
SERVED = [{"group": "shop.example", "version": "v1"}]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    made = tmp_path / "checkout"
    write(made / "apimachinery/pkg/apis/meta/v1", META, META_GO)
    write(made / "api/shop/v1", SHOP, SHOP_GO)
    (tmp_path / "served.json").write_text(json.dumps(SERVED))
    return made


def write(directory: Path, proto: str, go: str) -> None:
    directory.mkdir(parents=True)
    (directory / "generated.proto").write_text(proto)
    (directory / "types.go").write_text(go)


def run(checkout: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    script = ROOT / "tools/generate_protobuf.py"
    served, target = checkout.parent / "served.json", checkout.parent / "messages.json"
    more = ("--served", served, "--target", target)
    return subprocess.run(
        [sys.executable, *map(str, (script, checkout, *arguments, *more))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def written(checkout: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((checkout.parent / "messages.json").read_text())
    return content


def test_what_kinds_are_made_of_is_written_and_nothing_else(checkout: Path) -> None:
    assert run(checkout).returncode == 0
    assert written(checkout) == {
        "packages": {"shop.example/v1": "api.shop.v1"},
        "messages": {
            "api.shop.v1.Note": {"1": "raw json whole"},
            "api.shop.v1.Place": {"1": "street string"},
            "api.shop.v1.Shelf": {},
            "api.shop.v1.Shop": {
                "1": "metadata apimachinery.pkg.apis.meta.v1.ObjectMeta",
                "2": "spec ShopSpec",
            },
            "api.shop.v1.ShopSpec": {
                "1": "place Place inline",
                "2": "$tills int32 omitempty",
                "3": "clerks int32",
                "4": "shelves []Shelf",
                "5": "named {}Shelf",
                "6": "verbs apimachinery.pkg.apis.meta.v1.Verbs",
                "7": "note Note",
            },
            "apimachinery.pkg.apis.meta.v1.DeleteOptions": {"1": "gracePeriodSeconds int64"},
            "apimachinery.pkg.apis.meta.v1.ObjectMeta": {
                "1": "name string omitempty",
                "8": "creationTimestamp Time",
                "11": "labels {}string",
            },
            "apimachinery.pkg.apis.meta.v1.Time": {"1": "seconds int64"},
            "apimachinery.pkg.apis.meta.v1.Verbs": {"1": "items []string whole"},
        },
    }


def test_no_word_of_a_comment_is_kept(checkout: Path) -> None:
    run(checkout)
    text = (checkout.parent / "messages.json").read_text()
    assert "more" not in text
    assert "Where" not in text


def test_a_check_names_the_file_and_writes_nothing(checkout: Path) -> None:
    target = checkout.parent / "messages.json"
    done = run(checkout, "--check")
    assert (done.stdout.strip(), done.returncode) == (str(target), 1)
    assert not target.exists()
    assert run(checkout).stdout.strip() == str(target)
    assert (run(checkout, "--check").returncode, run(checkout).stdout) == (0, "")


def test_a_version_that_is_not_served_is_left_out(checkout: Path) -> None:
    versions = [{**SERVED[0], "servedByDefault": False}]
    (checkout.parent / "served.json").write_text(json.dumps(versions))
    assert run(checkout).returncode == 0
    assert written(checkout)["packages"] == {}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("optional int32 tills", "optional sint32 tills", "values of the type sint32"),
        ("optional int32 tills", "required int32 tills", "nobody foresaw the line: required"),
        ("map<string, Shelf>", "map<int32, Shelf>", "nobody foresaw the line: map<int32"),
        ("repeated Shelf", "repeated Rack", "no message k8s.io.api.shop.v1.Rack"),
        ("repeated Shelf", "repeated .a.b.Rack", "no message a.b.Rack"),
        ("tills = 2;", "tills = 9;", "k8s.io.api.shop.v1.ShopSpec has no field 9 in Go"),
        ("package k8s.io.api.shop.v1;", "", "is of no package"),
    ],
)
def test_a_proto_file_that_was_not_foreseen_is_refused(
    checkout: Path, old: str, new: str, problem: str
) -> None:
    assert_refused(checkout, "generated.proto", old, new, problem)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('json:"clerks,omitempty" ', "", "the field clerks of type int32 has no name in JSON"),
        ('const GroupName = "shop.example"', "", "no messages for shop.example/v1"),
        ("type Place struct", "type Room struct", "Place has no field 1 in Go"),
    ],
)
def test_go_source_that_was_not_foreseen_is_refused(
    checkout: Path, old: str, new: str, problem: str
) -> None:
    assert_refused(checkout, "types.go", old, new, problem)


def assert_refused(checkout: Path, name: str, old: str, new: str, problem: str) -> None:
    path = checkout / "api/shop/v1" / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    done = run(checkout)
    assert done.returncode == 2
    assert problem in done.stderr
    assert "Traceback" not in done.stderr
    assert not (checkout.parent / "messages.json").exists()


def test_a_directory_without_messages_is_no_checkout(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run(checkout, tmp_path / "empty")
    assert (done.returncode, "no generated.proto" in done.stderr) == (2, True)
