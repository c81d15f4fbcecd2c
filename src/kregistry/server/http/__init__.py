"""HTTP/1.1 as the threaded server speaks it: strict, small, and on the standard library alone.

Bytes come in through :mod:`~kregistry.server.http.incoming`, are read by
:mod:`~kregistry.server.http.message` and :mod:`~kregistry.server.http.body`, and leave as
:mod:`~kregistry.server.http.outgoing` writes them. Whatever two readers could understand in two
ways is refused, because that is what request smuggling is made of.
"""

from kregistry.server.http.limits import Limits

__all__ = ["Limits"]
