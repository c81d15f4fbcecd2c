"""Protocol Buffers: the form in which clients written in Go like to send built-in kinds.

Read generically by a table of messages; loaded when the first body of that form comes.
"""

from kregistry.server.protobuf.document import tree_of_protobuf

__all__ = ["tree_of_protobuf"]
