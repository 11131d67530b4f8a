"""What a controller has said so far of its program: lists of tags, and structures.

    catalogue = Catalogue(Flavour.LOGIX, "latin-1")
    catalogue.symbol(name)      -> Symbol, or `Unlearnt` with what to ask for, or `Unreadable`

It belongs to one state of the program: when that moves, a new one is begun. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from warlogix.drivers.cip.types import Unreadable
from warlogix.drivers.logix.layouts import Layout
from warlogix.drivers.logix.names import LogixName
from warlogix.drivers.logix.structures import StructureLayout, Structures, Unlearnt
from warlogix.drivers.logix.symbols import WITH_ACCESS, Symbol
from warlogix.drivers.logix.templates import Template


class Flavour(Enum):
    """Which kind of controller it is: they differ in what their types mean."""

    LOGIX = "logix"
    MICRO800 = "micro800"


@dataclass(slots=True)
class Listing:
    """The tags of one scope, as far as they are known: from `following` on they are not.

    `refusal` says why the controller does not list them.
    """

    symbols: dict[str, Symbol] = field(default_factory=dict)
    following: int = 0
    attributes: tuple[int, ...] = WITH_ACCESS
    complete: bool = False
    refusal: str = ""


class Catalogue:
    """Lists and templates as they come, and the layouts made of them."""

    def __init__(self, flavour: Flavour, encoding: str) -> None:
        self.flavour = flavour
        self.encoding = encoding
        self.listings: dict[str, Listing] = {}
        self.templates: dict[int, Template | str] = {}
        # By the path in lower case: what was read there once, None for nothing of use.
        self.samples: dict[str, Layout | None] = {}
        # How often what was refused has been forgotten.
        self.tries = 0
        self._structures = Structures(self.templates, encoding)

    def listing(self, scope: str) -> Listing:
        """The list of a scope, empty at first; "" is the controller's."""
        return self.listings.setdefault(scope.casefold(), Listing())

    def symbol(self, name: LogixName) -> Symbol:
        """The tag that a name begins with.

        `Unlearnt` names the scope to ask for; `Unreadable` says why there is no such tag.
        """
        if name.scope:
            program = self._of("", name.scope)
            if program is None:
                raise Unreadable(f"the PLC has no program {name.scope.partition(':')[2]}")
        symbol = self._of(name.scope, name.steps[0].name)
        if symbol is None or symbol.is_program:
            raise Unreadable(f"the PLC has no tag {name.path(*name.steps[-1].indexes)}")
        if not symbol.readable:
            raise Unreadable(f"the PLC lets nobody read {symbol.name}: its External Access is None")
        return symbol

    def structure(self, number: int) -> StructureLayout:
        """A structure's layout; `Unlearnt` names the template to ask for."""
        return self._structures.layout(number)

    def tags(self) -> Iterator[tuple[str, Symbol]]:
        """Every known tag with its whole name."""
        for scope, listing in self.listings.items():
            for symbol in listing.symbols.values():
                if symbol.is_tag:
                    yield f"{self._written(scope)}.{symbol.name}" if scope else symbol.name, symbol

    def programs(self) -> list[str]:
        """The scopes of the programs that the controller lists."""
        return [symbol.name for symbol in self.listing("").symbols.values() if symbol.is_program]

    def forget_refusals(self) -> None:
        """Have what the controller did not give asked for again."""
        for scope in [scope for scope, listing in self.listings.items() if listing.refusal]:
            del self.listings[scope]
        for number in [number for number, made in self.templates.items() if isinstance(made, str)]:
            del self.templates[number]
        self.samples.clear()
        self.tries += 1

    def _of(self, scope: str, name: str) -> Symbol | None:
        listing = self.listing(scope)
        if listing.refusal:
            raise Unreadable(f"the PLC does not list its tags: {listing.refusal}")
        found = listing.symbols.get(name.casefold())
        if found is None and not listing.complete:
            raise Unlearnt(scope)
        return found

    def _written(self, scope: str) -> str:
        """A scope as the controller writes it."""
        symbol = self.listing("").symbols.get(scope)
        return symbol.name if symbol else scope
