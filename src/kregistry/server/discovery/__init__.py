"""What a client asks before it asks for objects: which groups, versions and resources there are.

Pure functions from a set of :class:`~kregistry.server.served.ServedResource` to documents; no
I/O but for the table of built-in resources, which is read when it is first asked for::

    discovery = Discovery(builtin_resources(by_default=True), server_address="127.0.0.1:8001")
    document = discovery.document("/apis", accept=request_header)
"""

from kregistry.server.discovery.accept import aggregated_version
from kregistry.server.discovery.builtin import builtin_resources
from kregistry.server.discovery.document import Document
from kregistry.server.discovery.documents import Discovery
from kregistry.server.discovery.groups import ServedGroup, ServedVersion, served_groups
from kregistry.server.discovery.version import VersionInfo

__all__ = [
    "Discovery",
    "Document",
    "ServedGroup",
    "ServedVersion",
    "VersionInfo",
    "aggregated_version",
    "builtin_resources",
    "served_groups",
]
