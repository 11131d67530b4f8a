"""Reading one tuple of tags again and again: what they are, their requests, and what came last.

    scan = EipScan(tags, link, definitions)
    readings = await scan.read(now, until)

Nothing is decoded before all that came fits what the controller declared. Where it does not, and
the controller declares something else by now, everything is learned anew and read once more, in the
same call. What it refuses is left out and tried again after a while. What came with the same bytes
as last time is not decoded again, and if all did, the same `Readings` object is returned.
"""

from collections.abc import Iterable

from warlogix.datatypes import Kind
from warlogix.drivers.cip.link import CipLink
from warlogix.drivers.cip.messages import DONE, Reply
from warlogix.drivers.cip.reasons import reason
from warlogix.drivers.cip.types import Unreadable
from warlogix.drivers.columns import TRY_AGAIN_AFTER, Columns
from warlogix.drivers.declared import contradiction
from warlogix.drivers.omron.eip.definitions import Definitions
from warlogix.drivers.omron.eip.names import Name, parse_name
from warlogix.drivers.omron.eip.nodes import Witness
from warlogix.drivers.omron.eip.pieces import Other
from warlogix.drivers.omron.eip.plan import Packet, Place, Want, make_plan, make_want
from warlogix.errors import Malformed
from warlogix.tags import Readings, Tag

_NOT_TOLD = "the PLC has not told yet what it is"
_MOVING = "the PLC's program changes while it is read"


class Changed(Exception):
    """The controller declares something else than what was learned."""


class EipScan:
    """Reads one tuple of tags; never two reads at a time. `reads` counts them."""

    def __init__(self, tags: tuple[Tag, ...], link: CipLink, definitions: Definitions) -> None:
        self.tags = tags
        self.reads = 0
        self._link = link
        self._definitions = definitions
        self._columns = Columns(len(tags))
        self._types = [tag.type for tag in tags]
        self._names: dict[int, Name] = {}
        for index, tag in enumerate(tags):
            try:
                self._names[index] = parse_name(tag.name)
            except Malformed as exc:
                self._columns.set_bad(index, str(exc))
        # Each position is wanted, open until the controller has told what it is, or refused.
        self._wants: dict[int, Want] = {}
        self._open = set(self._names)
        self._refused: set[int] = set()
        self._due_again = 0.0
        self._packets: list[Packet] = []
        self._images: dict[int, bytes] = {}
        self._readings = self._columns.readings(tuple(self._types))

    @property
    def requests(self) -> int:
        """How many messages a read takes, second tries apart."""
        return len(self._packets)

    def kind(self, tag: Tag) -> Kind | None:
        """What a tag is; None where it is not one of these, or the controller gave no value."""
        for index, want in self._wants.items():
            if self.tags[index].name == tag.name:
                return want.part.layout.kind
        return None

    async def read(self, now: float, until: float) -> Readings:
        """Every tag's value or reason; `now` is monotonic seconds.

        What the tags are is learned until `until`, by Trio's clock; the rest of it in the next
        read.
        """
        self.reads += 1
        if self._refused and now >= self._due_again:
            self._try_again(now)
        await self._look_up(now, until)
        try:
            await self._read_all(now)
        except Changed:
            self._definitions.forget()
            self._begin_anew()
            await self._look_up(now, until)
            try:
                await self._read_all(now)
            except Changed:
                self._refuse(dict.fromkeys(self._wants, _MOVING), now)
        return self._noted()

    def _noted(self) -> Readings:
        if self._columns.take_changed():
            types = tuple(self._types)
            if types == self._readings.types:
                types = self._readings.types
            self._readings = self._columns.readings(types)
        return self._readings

    def _begin_anew(self) -> None:
        """Nothing that was learned holds any more."""
        self._wants.clear()
        self._images.clear()
        self._refused.clear()
        self._open = set(self._names)

    def _try_again(self, now: float) -> None:
        self._due_again = now + TRY_AGAIN_AFTER
        self._definitions.forget()
        self._open |= self._refused
        self._refused.clear()

    async def _look_up(self, now: float, until: float) -> None:
        """Learn what is open, and plan the messages."""
        if not self._open:
            return
        waiting = sorted(self._open)
        await self._definitions.learn((self._names[index].variable for index in waiting), until)
        refused = {index: why for index in waiting if (why := self._place(index))}
        self._refuse(refused, now)

    def _place(self, index: int) -> str:
        """Want an open position if the controller has told what it is; why not, if it never can."""
        name = self._names[index]
        known = self._definitions.variable(name.variable)
        if known is None:
            self._columns.set_bad(index, _NOT_TOLD)
            return ""
        if isinstance(known, str):
            return known
        try:
            want = make_want(known, name, self._link.size)
        except Unreadable as exc:
            return f"{self.tags[index].name}: {exc}"
        kind = want.part.layout.kind
        if wrong := contradiction(self.tags[index], kind):
            return wrong
        self._open.discard(index)
        self._wants[index] = want
        self._types[index] = str(kind)
        return ""

    def _refuse(self, why: dict[int, str], now: float) -> None:
        """Leave some out until they are tried again, and plan the messages of the others."""
        if why and not self._refused:
            self._due_again = now + TRY_AGAIN_AFTER
        for index, reason_ in why.items():
            self._columns.set_bad(index, reason_)
            self._wants.pop(index, None)
            self._images.pop(index, None)
        self._open -= why.keys()
        self._refused |= why.keys()
        self._packets = make_plan(self._wants, self._link.size)

    async def _read_all(self, now: float) -> None:
        """Read by the plan, and decode what is another than last time."""
        moved: dict[Place, Reply] = {}
        for packet in self._packets:
            replies = await self._link.ask_all(packet.requests)
            for place, reply, last in zip(packet.places, replies, packet.last, strict=True):
                if reply != last:
                    moved[place] = reply
            packet.last = replies
        if not moved:
            return
        bodies, wrong = self._bodies(moved)
        if wrong:
            if await self._definitions.is_changed(self._witnesses(wrong)):
                raise Changed
            self._refuse(wrong, now)
        self._decode(bodies)

    def _bodies(self, moved: dict[Place, Reply]) -> tuple[dict[Place, bytes], dict[int, str]]:
        """The bytes of each piece, and why some positions have none."""
        bodies: dict[Place, bytes] = {}
        wrong: dict[int, str] = {}
        for place, reply in moved.items():
            if isinstance(place, Witness):
                if reply.status != DONE or reply.data != place.said:
                    raise Changed
                continue
            index, number = place
            if reply.status != DONE:
                wrong.setdefault(index, reason(reply.status, reply.extended))
                continue
            try:
                bodies[place] = self._wants[index].pieces[number].body(reply.data)
            except Other as exc:
                wrong.setdefault(index, f"the PLC answers with {exc}")
        return bodies, wrong

    def _witnesses(self, wrong: Iterable[int]) -> Iterable[Witness]:
        for index in wrong:
            yield self._wants[index].witness
            yield from self._wants[index].part.witnesses

    def _decode(self, bodies: dict[Place, bytes]) -> None:
        changed: dict[int, Want] = {}
        for place, body in bodies.items():
            if not isinstance(place, Witness) and place[0] in self._wants:
                want = changed[place[0]] = self._wants[place[0]]
                want.bodies[place[1]] = body
        for index, want in changed.items():
            image = b"".join(want.bodies)
            if self._images.get(index) != image:
                self._images[index] = image
                self._columns.set_decoded(index, want.part.layout.decode, image)
