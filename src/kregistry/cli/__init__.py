"""The command line: a module per command, each with a ``main``, and what they share."""
