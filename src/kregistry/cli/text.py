"""Text: what is safe to print, and in how many words."""

from __future__ import annotations


def printable(text: str) -> str:
    """*text* without anything that a terminal would obey; always one line."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def count(number: int, noun: str) -> str:
    """``1 Pod``, ``2 Pods``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
