"""Every tag that a controller lists, with the type that a value of it would have."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from warlogix.drivers.cip.types import Unreadable
from warlogix.drivers.logix.catalogue import Catalogue
from warlogix.drivers.logix.places import whole
from warlogix.drivers.logix.structures import Sample, Unlearnt
from warlogix.drivers.logix.symbols import Symbol
from warlogix.tags import Found

# Asks the controller for a list or a structure until the catalogue has it.
Learn: TypeAlias = Callable[[int | str | Sample], Awaitable[object]]


async def all_found(catalogue: Catalogue, learn: Learn) -> list[Found]:
    """The tags of the controller and of its programs, by their names.

    `Unreadable` says why the controller does not list them.
    """
    await learn("")
    if refusal := catalogue.listing("").refusal:
        raise Unreadable(f"the PLC does not list its tags: {refusal}")
    for program in catalogue.programs():
        await learn(program)
    found = [await _found(name, symbol, catalogue, learn) for name, symbol in catalogue.tags()]
    return sorted(found, key=lambda each: each.name)


async def _found(name: str, symbol: Symbol, catalogue: Catalogue, learn: Learn) -> Found:
    while True:
        try:
            kind = whole(symbol, catalogue).kind
            return Found(name, str(kind), kind, symbol.readable and symbol.writable)
        except Unreadable:
            return Found(name, "", None, symbol.writable)
        except Unlearnt as exc:
            what = exc.what
        await learn(what)
