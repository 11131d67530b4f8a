"""Asking a controller for its lists of tags and its structures.

    learner = Learner(ask)
    whole = await learner.learn(catalogue, "Program:Main", in_time)

What is learnt is a scope by its name, a template by its number, or a sample.

A list that is not whole when `in_time()` is over goes on where it stopped at the next call.
"""

from collections.abc import Callable

from warlogix.drivers.cip.messages import DONE, MORE
from warlogix.drivers.cip.reasons import reason
from warlogix.drivers.cip.types import Unreadable
from warlogix.drivers.exchanges import Nonsense
from warlogix.drivers.logix.catalogue import Catalogue, Listing
from warlogix.drivers.logix.fetching import Ask
from warlogix.drivers.logix.layouts import SHORT_STRING, Layout, ShortText, elementary
from warlogix.drivers.logix.requests import read_one, split_type
from warlogix.drivers.logix.structures import Sample
from warlogix.drivers.logix.symbols import WITHOUT_ACCESS, page, parse_page
from warlogix.drivers.logix.templates import (
    Template,
    attributes,
    definition,
    parse_attributes,
    parse_template,
)

_MOST_TAGS = 250_000


class Learner:
    """Fills catalogues over one connection."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def learn(
        self, catalogue: Catalogue, what: int | str | Sample, in_time: Callable[[], bool]
    ) -> bool:
        """Note what the controller tells, or why it does not; whether it is whole."""
        if isinstance(what, Sample):
            catalogue.samples[what.path.casefold()] = await self._sample(what, catalogue.encoding)
            return True
        if isinstance(what, int):
            try:
                catalogue.templates[what] = await self._template(what)
            except Nonsense as exc:
                # What does not use it can be read all the same.
                catalogue.templates[what] = f"the PLC does not tell this structure: it sends {exc}"
            return True
        listing = catalogue.listing(what)
        while not listing.complete and not listing.refusal:
            if not in_time():
                return False
            await self._page(listing, what)
        return True

    async def _page(self, listing: Listing, scope: str) -> None:
        reply = await self._ask(page(scope, listing.following, listing.attributes))
        if reply.status not in (DONE, MORE):
            if listing.attributes != WITHOUT_ACCESS:
                listing.attributes = WITHOUT_ACCESS
            else:
                listing.refusal = reason(reply.status, reply.extended)
            return
        symbols = parse_page(reply.data, listing.attributes)
        if symbols and symbols[0].instance < listing.following:
            raise Nonsense("a list of tags that begins before its page")
        if len(listing.symbols) > _MOST_TAGS:
            raise Nonsense("a list of more tags than any controller has")
        listing.symbols |= {symbol.name.casefold(): symbol for symbol in symbols}
        if reply.status == DONE:
            listing.complete = True
        elif symbols:
            listing.following = symbols[-1].instance + 1
        else:
            raise Nonsense("a list of tags that leads to no end")

    async def _sample(self, sample: Sample, encoding: str) -> Layout | None:
        reply = await self._ask(read_one(sample.path))
        if reply.status not in (DONE, MORE):
            return None
        wire, _ = split_type(reply)
        if wire[0] == SHORT_STRING:
            return ShortText(encoding)
        try:
            return elementary(wire[0])
        except Unreadable:
            return None

    async def _template(self, number: int) -> Template | str:
        reply = await self._ask(attributes(number))
        if reply.status != DONE:
            return f"the PLC does not tell this structure: {reason(reply.status, reply.extended)}"
        sizes = parse_attributes(reply.data)
        raw = b""
        while len(raw) < sizes.definition:
            reply = await self._ask(definition(number, len(raw), sizes.definition - len(raw)))
            if reply.status not in (DONE, MORE):
                why = reason(reply.status, reply.extended)
                return f"the PLC does not tell this structure: {why}"
            raw += reply.data
            if reply.status == DONE:
                break
            if not reply.data:
                raise Nonsense("a structure's definition that leads to no end")
        return parse_template(sizes, raw)
