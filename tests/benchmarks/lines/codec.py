"""A Pod from bytes, to bytes, and copied, against plain cattrs over the standard json."""

from __future__ import annotations

import copy
import json

from bench import Bench
from figures import Figure, NotMeasured, line
from measuring import OURS
from plain_cattrs import plain_converter
from pods import DATA, STDLIB, pod

from kregistry.core.v1 import Pod
from kregistry.runtime import Codec

_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def fast() -> Codec:
    """The codec of the extra ``fast``.

    Raises:
        NotMeasured: The extra is not installed.
    """
    try:
        return Codec(engine="orjson")
    except ImportError:
        raise NotMeasured("orjson is not installed; it comes with kregistry[fast]") from None


def _decode(bench: Bench, codec: Codec) -> Figure:
    converter = plain_converter()
    assert codec.decode(DATA, Pod) == converter.structure(json.loads(DATA), Pod) == pod()
    samples = bench.alternate(
        {
            OURS: lambda: codec.decode(DATA, Pod),
            "cattrs and json": lambda: converter.structure(json.loads(DATA), Pod),
            "json.loads alone": lambda: json.loads(DATA),
        }
    )
    return Figure.ratio(samples, to="cattrs and json")


def _encode(bench: Bench, codec: Codec) -> Figure:
    converter, one = plain_converter(), pod()
    tree = codec.to_dict(one)
    raw = json.loads(_dumps(converter.unstructure(one)))
    kind = {"apiVersion": Pod.api_version, "kind": Pod.kind}
    assert codec.encode(one) == DATA
    assert json.loads(DATA) == {**kind, **raw}
    samples = bench.alternate(
        {
            OURS: lambda: codec.encode(one),
            "cattrs and json": lambda: _dumps(converter.unstructure(one)).encode(),
            "json.dumps alone": lambda: _dumps(tree).encode(),
        }
    )
    return Figure.ratio(samples, to="cattrs and json")


@line("codec: Pod from bytes", at_most=0.50)
def decode(bench: Bench) -> Figure:
    return _decode(bench, STDLIB)


@line("codec: Pod from bytes, fast", at_most=0.32)
def decode_fast(bench: Bench) -> Figure:
    return _decode(bench, fast())


@line("codec: Pod to bytes", at_most=0.75)
def encode(bench: Bench) -> Figure:
    return _encode(bench, STDLIB)


@line("codec: Pod to bytes, fast", at_most=0.25)
def encode_fast(bench: Bench) -> Figure:
    return _encode(bench, fast())


@line("codec: fresh copy of a Pod", at_most=0.06)
def fresh_copy(bench: Bench) -> Figure:
    one = pod()
    assert STDLIB.copy(one) == copy.deepcopy(one) == one
    samples = bench.alternate(
        {OURS: lambda: STDLIB.copy(one), "copy.deepcopy": lambda: copy.deepcopy(one)}
    )
    return Figure.ratio(samples, to="copy.deepcopy")


LINES = (decode, decode_fast, encode, encode_fast, fresh_copy)
