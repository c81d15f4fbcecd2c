"""``python -m kregistry`` saves Pods and tells how; with a command it does that instead."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

#: Commands, and the modules that have a ``main`` for the words after them. A manifest whose
#: file is called like a command is given as ``./migrate``.
COMMANDS = {"migrate": "kregistry.cli.migrate", "serve": "kregistry.cli.serve"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: What was said; None for the arguments of the process.

    Returns:
        Exit status: 0 if all went well.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    command = COMMANDS.get(words[0]) if words else None
    module = import_module(command or "kregistry.cli.save")
    status: int = module.main(words[1:] if command else words)
    return status


if __name__ == "__main__":
    sys.exit(main())
