"""What tags a PLC has, as it says itself: for people, for programs, for a configuration.

found = await browse(plc)
toml(plc, matching(found, "line*.speed")).blocks
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec import Struct

from warlogix.config import PlcConfig
from warlogix.config.shown import quoted
from warlogix.console import printable, table
from warlogix.drivers.families import new_drivers
from warlogix.messages import encode
from warlogix.plc import Plc
from warlogix.tags import Found

_LONGEST_NAME = 400


class FoundTag(Struct):
    """What `--json` prints of a tag: what the PLC has, and what it allows."""

    plc: str
    name: str
    type: str
    readable: bool
    writable: bool


@dataclass(frozen=True, slots=True)
class Blocks:
    """Tags as a configuration has them, and how many are not among them, by the reason."""

    blocks: str
    left_out: tuple[tuple[int, str], ...]


async def browse(plc: PlcConfig) -> list[Found]:
    """Every tag that the PLC says it has, in the order of their names.

    *Errors*: `Unreachable`, and `Rejected` for families whose PLCs do not tell.
    """
    connection = Plc(plc.endpoint, new_drivers()[plc.family])
    async with connection.connected():
        return await connection.browse()


def matching(found: Sequence[Found], pattern: str) -> list[Found]:
    """Those whose names have the pattern in them, whatever the case.

    With `*` for anything or `?` for one character the pattern stands for the whole name.
    """
    form = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    search = re.compile(form, re.IGNORECASE | re.DOTALL)
    whole = "*" in pattern or "?" in pattern
    return [each for each in found if (search.fullmatch if whole else search.search)(each.name)]


def json_lines(plc: str, found: Sequence[Found]) -> str:
    """A line for each tag, for programs."""
    return "".join(
        encode(FoundTag(plc, each.name, each.type, each.kind is not None, each.writable)).decode()
        + "\n"
        for each in found
    )


def lines(found: Sequence[Found]) -> str:
    """A table for people."""
    rows = [(printable(each.name), printable(each.type) or "-", _access(each)) for each in found]
    return table([("TAG", "TYPE", "ACCESS"), *rows])


def _access(found: Found) -> str:
    if found.kind is None:
        return "none: warlogix cannot read this type"
    return "read and write" if found.writable else "read only"


def toml(plc: PlcConfig, found: Sequence[Found]) -> Blocks:
    """A `[[plcs.tags]]` for each tag that the configuration lacks and can have."""
    listed = {plc.key(name) for tag in plc.tags for name in (tag.name, tag.alias) if name}
    blocks, known, unreadable, odd = [], 0, 0, 0
    for each in found:
        if plc.key(each.name) in listed:
            known += 1
        elif each.kind is None:
            unreadable += 1
        elif not each.name.isprintable() or len(each.name) > _LONGEST_NAME:
            odd += 1
        else:
            listed.add(plc.key(each.name))
            blocks.append("".join(f"{line}\n" for line in _block(each)))
    counts = (
        (known, "listed already"),
        (unreadable, "of a type that warlogix cannot read"),
        (odd, "with a name that no configuration takes"),
    )
    if blocks:
        # TOML gives them to the last PLC of the file above them.
        blocks.insert(
            0, f"# Tags of {plc.name}: they belong below its [[plcs]], before the next.\n"
        )
    return Blocks("\n".join(blocks), tuple(each for each in counts if each[0]))


def _block(found: Found) -> Iterator[str]:
    yield "[[plcs.tags]]"
    only = "" if found.writable else ", read only"
    yield f"name = {quoted(found.name)}  # {printable(found.type)}{only}"
