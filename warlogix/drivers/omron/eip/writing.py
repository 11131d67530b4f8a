"""Writing one value: what it is by now, its requests one by one, and what became of it.

result = await EipWrite(link, definitions).write(tag, kind, value, urgency)
"""

import trio

from warlogix.datatypes import Kind
from warlogix.drivers.cip.link import CipLink
from warlogix.drivers.cip.types import Unreadable
from warlogix.drivers.cip.writing import write_all
from warlogix.drivers.declared import changed, contradiction
from warlogix.drivers.exchanges import Urgency
from warlogix.drivers.omron.eip.definitions import Definitions
from warlogix.drivers.omron.eip.names import Name, parse_name
from warlogix.drivers.omron.eip.nodes import Part, part
from warlogix.drivers.omron.eip.pieces import write_requests
from warlogix.drivers.omron.eip.plan import Variable
from warlogix.errors import Malformed
from warlogix.tags import Outcome, Tag, Value, WriteResult
from warlogix.values import BadValue


class EipWrite:
    """Writes single values, by what the controller declares right before it."""

    def __init__(self, link: CipLink, definitions: Definitions) -> None:
        self._link = link
        self._definitions = definitions

    async def write(
        self, tag: Tag, kind: Kind | None, value: Value, urgency: Urgency
    ) -> WriteResult:
        """What became of the value, which was made for `kind`; None where it was not known.

        Raises what the link raises before the first message, `Unanswered` for that one.
        """
        try:
            name = parse_name(tag.name)
            found = await self._declared(name)
            wrong = contradiction(tag, found.layout.kind) or changed(
                tag.name, kind, found.layout.kind
            )
            if wrong:
                return WriteResult(Outcome.REFUSED, wrong)
            requests = write_requests(found.node, found.layout, name.path, value, self._link.size)
        except (Malformed, Unreadable, BadValue) as exc:
            return WriteResult(Outcome.REFUSED, str(exc))
        return await write_all(self._link, requests, urgency)

    async def _declared(self, name: Name) -> Part:
        """What a name means now; what was learned of another program is forgotten."""
        known = self._definitions.variable(name.variable)
        if isinstance(known, str) or (known and await self._is_changed(known, name)):
            self._definitions.forget()
        await self._definitions.learn((name.variable,), trio.current_time() + 1)
        known = self._definitions.variable(name.variable)
        assert known is not None, "it was asked for"
        if isinstance(known, str):
            raise Unreadable(known)
        return part(known.node, name.steps)

    async def _is_changed(self, known: Variable, name: Name) -> bool:
        try:
            witnesses = part(known.node, name.steps).witnesses
        except Unreadable:
            # It may be readable by now.
            return True
        return await self._definitions.is_changed((known.witness, *witnesses))
