"""Port: a TCP port on loopback that nobody else is given."""

from __future__ import annotations

import socket
import sys
from typing import Final

#: On Linux a port stays ours while a socket that does not listen is bound to it, and a
#: program that sets SO_REUSEADDR, as every Go program does, may listen there all the same.
#: Other systems would refuse the program.
_CAN_HOLD: Final = sys.platform == "linux"


class Port:
    """A free port on 127.0.0.1, for a server that is started later, and again and again.

    Where the system allows, it is held until :meth:`close`: also while the server is down, the
    kernel gives it to no other process that asks for any free port, and connections to it
    are refused. Elsewhere it was free a moment ago.

    Attributes:
        number: The port.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind(("127.0.0.1", 0))
            self.number: int = self._socket.getsockname()[1]
        except BaseException:
            self._socket.close()
            raise
        if not _CAN_HOLD:
            self._socket.close()

    def close(self) -> None:
        """Give the port back. May be called again."""
        self._socket.close()
