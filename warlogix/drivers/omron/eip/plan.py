"""Which messages read a set of tags. Pure.

want = make_want(node, parse_name("Line.Speed"), room)
for packet in make_plan({0: want}, room): ...
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from warlogix.drivers.cip.messages import Reply, Request
from warlogix.drivers.cip.packing import Cost, packets
from warlogix.drivers.cip.types import Unreadable
from warlogix.drivers.omron.eip.names import Name
from warlogix.drivers.omron.eip.nodes import Node, Part, Witness, part
from warlogix.drivers.omron.eip.pieces import Piece, read_pieces

_REPLY_HEAD = 4


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that the controller has, and what it said of it."""

    node: Node
    witness: Witness


@dataclass(frozen=True, slots=True)
class Want:
    """A tag that the controller has, and what brings its value; `bodies` is what came last."""

    part: Part
    witness: Witness
    pieces: tuple[Piece, ...]
    bodies: list[bytes]


# What a reply is for: a tag's position and which piece of its value, or a declaration.
Place: TypeAlias = "tuple[int, int] | Witness"


@dataclass(slots=True)
class Packet:
    """Requests that travel together, what each is for, and what came last."""

    requests: list[Request]
    places: list[Place]
    last: Sequence[Reply | None]


def make_want(variable: Variable, name: Name, room: int) -> Want:
    """What reads a tag; `Unreadable` where the controller has nothing of this name to read."""
    found = part(variable.node, name.steps)
    pieces = tuple(read_pieces(found.node, found.layout, name.path, room))
    if not pieces:
        raise Unreadable("it has no bytes")
    return Want(found, variable.witness, pieces, [b""] * len(pieces))


def make_plan(wants: Mapping[int, Want], room: int) -> list[Packet]:
    """The messages that read all of them, no answer longer than the room.

    Declarations that a reply does not tell itself, of arrays and structures, are asked for behind
    the values: what changes before a value is read has changed by then.
    """
    places: list[Place] = []
    asked: list[tuple[Request, Cost]] = []
    for index, want in wants.items():
        for number, piece in enumerate(want.pieces):
            places.append((index, number))
            asked.append((piece.request, piece.cost))
    for witness in dict.fromkeys(_declarations(wants.values())):
        places.append(witness)
        asked.append(_asks(witness))
    return [
        Packet([asked[at][0] for at in packet], [places[at] for at in packet], [None] * len(packet))
        for packet in packets([cost for _, cost in asked], room)
    ]


def _declarations(wants: Iterable[Want]) -> Iterator[Witness]:
    """Of single values the reply itself tells that they are what they were.

    The checksum of a structure need not tell which of its members changed places.
    """
    for want in wants:
        if want.part.node.shape or want.part.node.members:
            yield want.witness
            yield from want.part.witnesses


def _asks(witness: Witness) -> tuple[Request, Cost]:
    request = witness.request
    return request, Cost(len(request.encode()), _REPLY_HEAD + len(witness.said))
