"""On which line of a TOML text each key stands.

The standard library's reader gives values without positions. This scanner runs over a text that it has already
accepted, so it only has to find headers, keys and the ends of values; it judges nothing.
"""

from __future__ import annotations

import bisect
import re
import tomllib

Path = tuple[str | int, ...]
"""Keys and, inside arrays, indexes: `("components", 0, "tiers", 1, "rate")`."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[^\s.=\[\]\"'#{},]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})'  # up to two quotes may stand right before the closing three
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_PLAIN_VALUE = re.compile(r"[^,\]}\n#]+")  # numbers, booleans, dates (which may hold a space)


def key_lines(text: str) -> dict[Path, int]:
    """The 1-based line of every table, key and array element of `text`, which must be valid TOML.

    A table that is only implied (`a` in `[a.b]`) has the line of what implies it; so has the first element of an
    array of tables for the array itself.
    """
    scanner = _Scanner(text)
    scanner.run()
    return scanner.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.table: Path = ()
        self.lines: dict[Path, int] = {}
        self._last_index: dict[Path, int] = {}
        self._newlines = [match.start() for match in re.finditer("\n", text)]

    def run(self) -> None:
        self._skip(_BLANK)
        while self.at < len(self.text):
            if self._next_is("["):
                self._header()
            else:
                self._pair(self.table)
            self._skip(_BLANK)

    def _header(self) -> None:
        line = self._line()
        many = self._next_is("[[")
        self.at += 2 if many else 1
        *outer, last = self._key()
        self.at += 2 if many else 1
        path: Path = ()
        for name in outer:
            path = self._current((*path, name), line)
        path = (*path, last)
        if many:
            self.lines.setdefault(path, line)
            self._last_index[path] = self._last_index.get(path, -1) + 1
            path = (*path, self._last_index[path])
            self.lines[path] = line
        else:
            path = self._current(path, line)
            self.lines[path] = line  # `[a]` after `[a.b]`: its own line is the better one
        self.table = path

    def _current(self, path: Path, line: int) -> Path:
        """The table a header means by `path`: of an array of tables, its newest element."""
        self.lines.setdefault(path, line)
        return (*path, self._last_index[path]) if path in self._last_index else path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for name in self._key():
            path = (*path, name)
            self.lines.setdefault(path, line)
        self.at += 1  # =
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> list[str]:
        """A possibly dotted key and the blanks after it."""
        names: list[str] = []
        while not names or self._next_is("."):
            self.at += 1 if names else 0
            self._skip(_SPACE)
            names.append(self._name())
            self._skip(_SPACE)
        return names

    def _name(self) -> str:
        if self._next_is('"', "'"):
            return str(tomllib.loads(f"key = {self._take(_STRING)}")["key"])
        return self._take(_BARE_KEY)

    def _value(self, path: Path) -> None:
        if self._next_is("["):
            self._array(path)
        elif self._next_is("{"):
            self._inline_table(path)
        elif self._next_is('"', "'"):
            self._take(_STRING)
        else:
            self._take(_PLAIN_VALUE)

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self._another("]"):
            self.lines[(*path, index)] = self._line()
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while self._another("}"):
            self._pair(path)

    def _another(self, closing: str) -> bool:
        """Step to the next element; at the end of them step over the closing bracket and say no."""
        self._skip(_BLANK)
        if self._next_is(","):
            self.at += 1
            self._skip(_BLANK)
        if self._next_is(closing):
            self.at += 1
            return False
        return True

    def _line(self) -> int:
        return bisect.bisect_left(self._newlines, self.at) + 1

    def _next_is(self, *starts: str) -> bool:
        return self.text.startswith(starts, self.at)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        self._take(pattern)

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise AssertionError(f"line {self._line()} is no TOML, though it was read as such")
        self.at = match.end()
        return match.group()
