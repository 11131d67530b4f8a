"""How values and places of a configuration look in a fault: quoted, short, safe for a terminal."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, time

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST = 60


def plain(text: str) -> str:
    """The text on one line, without anything that could steer a terminal."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def quoted(text: str) -> str:
    """The text in double quotes, on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain(escaped)}"'


def shown(value: object) -> str:
    """A value as TOML would write it, cut to one short line; tables and lists by name only."""
    if isinstance(value, str):
        return quoted(value if len(value) <= _LONGEST else value[:_LONGEST] + "…")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        # Texts of very large numbers are refused by Python itself.
        return str(value) if value.bit_length() < 256 else "a very large number"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, (date, time)):
        return f"the date or time {value}"
    return f"a {type(value).__name__}"


def place(parts: Sequence[str | int]) -> str:
    """The TOML path of a key: `plcs[0].tags[2].name`, `kafka[0].options."client.id"`."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            key = part if _BARE_KEY.fullmatch(part) else shown(part)
            text += f".{key}" if text else key
    return text


def outwards(place: str) -> Iterator[str]:
    """The place, then those that it is inside of, the innermost first."""
    yield place
    for match in reversed(list(re.finditer(r"[.\[]", place))):
        yield place[: match.start()]
