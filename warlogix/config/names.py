"""Names that somebody typed, against those that a configuration has; pure."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from warlogix.config.model import Config
from warlogix.config.plcs import PlcConfig
from warlogix.config.shown import quoted
from warlogix.topics import PACK_PREFIX

# Comparing takes about 10 µs a name.
_MOST, _LONGEST = 20_000, 100


def doubt(config: Config, plc: str, tag: str) -> str:
    """That the configuration lacks the PLC or its tag, and what is nearest; "" when it does not.

    "" stands for any PLC and any tag. It may be another gateway's: one without PLCs doubts nothing.
    """
    plcs = [each for each in config.plcs if plc.casefold() in ("", each.name.casefold())]
    if plc and config.plcs and not plcs:
        names = [each.name for each in config.plcs]
        meant = nearest(plc, names) or f", only {', '.join(names)}"
        return f"the configuration has no PLC {quoted(plc)}{meant}"
    tags = [name for each in plcs for name in _names(each)]
    tags += [f"{PACK_PREFIX}{pack.name}" for pack in config.tag_packs]
    if not tag or not plcs or tag.strip().casefold() in {name.casefold() for name in tags}:
        return ""
    where = plcs[0].name if plc else "the configuration"
    return f"{where} has no tag {quoted(tag)}{nearest(tag, tags)}"


def nearest(wrong: str, names: Sequence[str]) -> str:
    """The question for the name that was meant, "" where none is near."""
    near = closest(wrong, names)
    return f"; did you mean {quoted(near)}?" if near else ""


def closest(wrong: str, names: Sequence[str]) -> str | None:
    """The name that was meant, in its own spelling; None where none is near."""
    known = {name.casefold(): name for name in names[:_MOST]}
    near = get_close_matches(wrong.strip().casefold()[:_LONGEST], known, n=1)
    return known[near[0]] if near else None


def _names(plc: PlcConfig) -> Iterator[str]:
    for tag in plc.tags:
        yield tag.name.strip()
        if tag.alias:
            yield tag.alias
