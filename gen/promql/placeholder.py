"""A value within a string literal that nobody knows until somebody chooses it: a variable of a board.

It stands between two characters of the private use area, which no label value has: whoever sees ``START`` in
the value of a matcher knows that it may match anything.
"""

from __future__ import annotations

START = "\ue000"
END = "\ue001"


def placeholder(name: str) -> str:
    """What stands in a string literal for the chosen value of the variable."""
    return f"{START}{name}{END}"


def shown(text: str) -> str:
    """The text as people may see it: a placeholder reads as the variable it stands for."""
    return text.replace(START, "$").replace(END, "")
