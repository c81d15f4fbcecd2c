"""Keys of other programs, which need not be text."""

from __future__ import annotations

from kregistry.storage.backend import Record
from kregistry.storage.etcd3 import Access, EtcdBackend
from kregistry.storage.etcd3.members import Members
from kregistry.storage.etcd3.messages import Method, put_request, read_revision
from kregistry.testing.etcd import EtcdServer


def test_a_list_goes_on_behind_a_key_that_is_no_text(fresh_etcd: EtcdServer) -> None:
    access = Access.of(fresh_etcd.endpoints)
    members = Members(access, timeout=5.0)
    for key in (b"/a/\xc3", b"/a/\xff\xfe", b"/a/b"):
        members.write(Method.TXN, put_request(key, key), read_revision)
    members.close()
    with EtcdBackend(access, request_timeout=5.0) as backend:
        found: list[Record] = []
        start, more = "/a/", True
        while more:
            page = backend.range(start, "/a0", limit=1)
            found += page.records
            start, more = f"{found[-1].key}\0", page.more
    assert [record.value for record in found] == [b"/a/b", b"/a/\xc3", b"/a/\xff\xfe"]
