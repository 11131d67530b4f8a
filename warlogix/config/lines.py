"""On which line of a file each key, table and item of it stands; pure.

lines = Lines('[[plcs]]\nname = "Main"\n')
lines.of("plcs[0].name")      # 2
lines.of("plcs[0].family")    # 1: what is not there is looked for where it belongs

It reads a text that is known to be right TOML: what would be wrong there is passed over, and no
value is understood, only where it begins and ends.
"""

import re
from bisect import bisect_left

import tomli

from warlogix.config.shown import outwards, place

_WORD = re.compile(
    r"(?:[^\S\n]|#[^\n]*)*("
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")'
    r"|'''.*?'{3,5}(?!')"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|[\[\]{}=,.\n]"
    r"|[^\s\[\]{}=,.#\"']+"
    r"|$)",
    re.DOTALL,
)
# Nearly every line of a file is one of these, and need not be taken apart.
_PLAIN = re.compile(
    r"""[ \t]*([A-Za-z0-9_-]+)[ \t]*=[ \t]*(?:"[^"\\\n]*"|'[^'\n]*'|[A-Za-z0-9_.+-]+)[ \t]*\r?\n"""
)


class Lines:
    """Where things stand in a text; lines begin at 1."""

    def __init__(self, text: str) -> None:
        try:
            self._found = _Scan(text).document()
        except RecursionError:
            # Lists in lists in lists: no line is better than a wrong one.
            self._found = {}
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def of(self, place: str) -> int | None:
        """The line of a place, or of the innermost that it is in; None where there is neither."""
        for each in outwards(place):
            if each in self._found:
                return bisect_left(self._ends, self._found[each]) + 1
        return None


class _Scan:
    """One walk over a text, which finds where each place begins."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: dict[str, int] = {}
        # How many tables each list of tables has so far.
        self._counts: dict[str, int] = {}
        self._word, self._at, self._behind = "", 0, 0
        self._next()

    def document(self) -> dict[str, int]:
        """Where each place begins."""
        table = ""
        while self._word:
            if self._word == "\n":
                self._pass_plain_lines(table)
            elif self._word == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._found

    def _next(self) -> str:
        """The word of now; the one behind it is looked at next."""
        taken = self._word
        match = _WORD.match(self._text, self._behind)
        # At what is no word the text ends for us.
        self._word, self._at = (match[1], match.start(1)) if match else ("", len(self._text))
        self._behind = self._at + len(self._word)
        return taken

    def _pass_plain_lines(self, table: str) -> None:
        while match := _PLAIN.match(self._text, self._behind):
            self._see(_inside(table, match[1]), match.start(1))
            self._behind = match.end()
        self._next()

    def _see(self, path: str, at: int) -> None:
        # Of names that are cut two may look the same.
        if '…"' not in path:
            self._found.setdefault(path, at)

    def _header(self) -> str:
        """`[a.b]` or `[[a.b]]`: the table that the pairs behind it belong to."""
        at = self._at
        self._next()
        is_item = self._word == "["
        if is_item:
            self._next()
        *above, last = self._key()
        path = ""
        for name in above:
            path = self._newest(_inside(path, name), at)
        path = _inside(path, last)
        if is_item:
            self._see(path, at)
            self._counts[path] = self._counts.get(path, 0) + 1
            self._next()
        self._next()
        return self._newest(path, at)

    def _newest(self, path: str, at: int) -> str:
        """The table of this path, of a list of tables the last."""
        if path in self._counts:
            path = f"{path}[{self._counts[path] - 1}]"
        self._see(path, at)
        return path

    def _pair(self, table: str) -> None:
        """`a.b = value`, up to what follows it."""
        at, path = self._at, table
        for name in self._key():
            path = _inside(path, name)
            self._see(path, at)
        self._next()
        self._value(path)

    def _key(self) -> list[str]:
        names = [_name(self._next())]
        while self._word == ".":
            self._next()
            names.append(_name(self._next()))
        return names

    def _value(self, path: str) -> None:
        if self._word == "[":
            self._list(path)
        elif self._word == "{":
            self._table(path)
        else:
            # A date may have a space in it, a number a dot.
            while self._word not in ("", "\n", ",", "]", "}"):
                self._next()

    def _list(self, path: str) -> None:
        self._next()
        count = 0
        while self._word not in ("", "]"):
            if self._word in ("\n", ","):
                self._next()
                continue
            item = f"{path}[{count}]"
            self._see(item, self._at)
            self._value(item)
            count += 1
        self._next()

    def _table(self, path: str) -> None:
        self._next()
        while self._word not in ("", "}"):
            if self._word in ("\n", ","):
                self._next()
            else:
                self._pair(path)
        self._next()


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _name(word: str) -> str:
    """A key as places write it, which may stand in quotes."""
    quoted = word[:1] in ('"', "'")
    return place((tomli.loads(f"key = {word}")["key"],)) if quoted else word
