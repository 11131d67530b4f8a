"""What the controller has, asked for as tags need it.

    await definitions.learn(["Speed", "Line"], until)
    definitions.variable("Line")        -> its node, or why there is none; None while not learned

What was learned is kept until `forget`: the session calls it when an answer shows that the program
is another one. Errors: those of the link.
"""

from collections.abc import Iterable, Sequence

import trio

from warlogix.drivers.cip.link import CipLink
from warlogix.drivers.cip.messages import DONE, Reply, Request
from warlogix.drivers.cip.packing import Cost, packets
from warlogix.drivers.cip.reasons import reason
from warlogix.drivers.cip.types import Unreadable
from warlogix.drivers.exchanges import Nonsense
from warlogix.drivers.omron.eip.layouts import (
    STRING,
    Layout,
    Member,
    array,
    elementary,
    string,
    structure,
    structures,
)
from warlogix.drivers.omron.eip.nodes import Node, Witness
from warlogix.drivers.omron.eip.objects import (
    ARRAY,
    STRUCTURES,
    Declared,
    TypeObject,
    ask_type,
    ask_variable,
    parse_type,
    parse_variable,
)
from warlogix.drivers.omron.eip.plan import Variable

# The longest answers about a variable and about a type, whose name has up to 127 bytes.
_VARIABLE_REPLY, _TYPE_REPLY = 4 + 24 + 3 * 8, 4 + 17 + 128 + 8 + 3 * 8
# So deep may structures stand in each other, and so many members may one have.
_DEEPEST, _MOST_MEMBERS = 16, 4096
# So many of them are asked for before they are known to be members.
_MOST_AHEAD = 256
_AT_ONCE = 32
# Statuses for a name or a number that the controller does not have.
_UNKNOWN = (0x04, 0x05, 0x16)


class Definitions:
    """The variables and types of one program of the controller, as far as they were needed."""

    def __init__(self, link: CipLink) -> None:
        self._link = link
        self._variables: dict[str, Variable | str] = {}
        self._types: dict[int, tuple[TypeObject, Witness]] = {}
        self._structures: dict[int, Node] = {}

    def variable(self, name: str) -> Variable | str | None:
        """A variable, or why there is none; None where it was not asked for yet."""
        return self._variables.get(name)

    def forget(self) -> None:
        """Nothing that was learned holds any more."""
        self._variables.clear()
        self._types.clear()
        self._structures.clear()

    async def learn(self, names: Iterable[str], until: float) -> None:
        """Ask for those that are not known yet, as far as the time goes, by Trio's clock."""
        missing = [name for name in dict.fromkeys(names) if name not in self._variables]
        for start in range(0, len(missing), _AT_ONCE):
            if trio.current_time() >= until:
                return
            some = missing[start : start + _AT_ONCE]
            requests = [ask_variable(name) for name in some]
            replies = await ask_packed(self._link, requests, _VARIABLE_REPLY)
            for name, request, reply in zip(some, requests, replies, strict=True):
                self._variables[name] = await self._learned(name, request, reply)

    async def is_changed(self, witnesses: Iterable[Witness]) -> bool:
        """Whether the controller says something else of them now."""
        asked = list(dict.fromkeys(witnesses))
        replies = await ask_packed(self._link, [one.request for one in asked], _TYPE_REPLY)
        return any(
            reply.status != DONE or reply.data != one.said
            for one, reply in zip(asked, replies, strict=True)
        )

    async def _learned(self, name: str, request: Request, reply: Reply) -> Variable | str:
        if reply.status in _UNKNOWN:
            return f"the PLC has no published variable {name}: check its name and Network Publish"
        if reply.status != DONE:
            return reason(reply.status, reply.extended)
        try:
            declared = parse_variable(reply.data)
            node = await self._node(declared, declared.type, 0)
        except Nonsense as exc:
            # Its neighbours can be read all the same.
            return f"the PLC says of it what warlogix does not understand: {exc}"
        return Variable(node, Witness(request, reply.data))

    async def _node(self, declared: Declared, number: int, depth: int) -> Node:
        """What something is declared as; `number` is the type object of its structure."""
        if declared.code == ARRAY:
            single = await self._single(declared, declared.element, number, depth)
            return _array(single, declared)
        return await self._single(declared, declared.code, number, depth)

    async def _single(self, declared: Declared, code: int, number: int, depth: int) -> Node:
        if code in STRUCTURES:
            return await self._structure(number, depth)
        if code == STRING:
            return Node(string(declared.size))
        try:
            return Node(elementary(code))
        except Unreadable as exc:
            return Node(None, str(exc))

    async def _structure(self, number: int, depth: int) -> Node:
        if depth > _DEEPEST:
            raise Nonsense("structures that stand in themselves")
        one, witness = await self._type(number)
        if not one.members and one.declared.type:
            # It only refers to the structure that is declared elsewhere.
            number = one.declared.type
            one, witness = await self._type(number)
        if number not in self._structures:
            members = await self._members(one, depth)
            self._structures[number] = _structure(one, members, witness)
        return self._structures[number]

    async def _members(self, one: TypeObject, depth: int) -> dict[str, Node]:
        first, members = one.declared.type, dict[str, Node]()
        # Members are mostly numbered one after the other.
        await self._fetch(range(first, first + min(one.members, _MOST_AHEAD)))
        number = first
        while number:
            member, _ = await self._type(number)
            if member.name in members or len(members) >= _MOST_MEMBERS:
                raise Nonsense(f"members of {one.name} without an end")
            inner = member.declared.type if member.declared.code == ARRAY else number
            members[member.name] = await self._node(member.declared, inner, depth + 1)
            number = member.next
        return members

    async def _type(self, number: int) -> tuple[TypeObject, Witness]:
        if number not in self._types:
            await self._fetch((number,))
        if number not in self._types:
            raise Nonsense(f"a type {number} that it does not have")
        return self._types[number]

    async def _fetch(self, numbers: Iterable[int]) -> None:
        """Ask for type objects; what the controller does not have is left out."""
        missing = [number for number in numbers if number not in self._types]
        requests = [ask_type(number) for number in missing]
        replies = await ask_packed(self._link, requests, _TYPE_REPLY)
        for number, request, reply in zip(missing, requests, replies, strict=True):
            if reply.status == DONE:
                self._types[number] = parse_type(reply.data), Witness(request, reply.data)


async def ask_packed(link: CipLink, requests: Sequence[Request], longest: int) -> list[Reply]:
    """Their replies, none of which is longer, in as few messages as they fit into."""
    costs = [Cost(len(request.encode()), longest) for request in requests]
    replies: list[Reply] = []
    for packet in packets(costs, link.size):
        replies += await link.ask_all([requests[position] for position in packet])
    return replies


def _array(single: Node, declared: Declared) -> Node:
    layout: Layout | None = None
    if single.layout is not None:
        make = structures if declared.element in STRUCTURES else array
        layout = make(single.layout, declared.shape)
    return Node(layout, single.why, shape=declared.shape, lower=declared.lower, element=single)


def _structure(one: TypeObject, members: dict[str, Node], witness: Witness) -> Node:
    layout, why = None, ""
    for name, member in members.items():
        if member.layout is None:
            why = f"{name}: {member.why}; name the other members one by one"
    if not why:
        declared = [Member(name, node.layout) for name, node in members.items() if node.layout]
        try:
            layout = structure(one.name, declared, one.declared.size, one.crc)
        except Unreadable as exc:
            why = str(exc)
    return Node(layout, why, members, witness=witness)
