"""Which requests share a Multiple Service Packet.

    packets([Cost(12, 8), Cost(14, 90)], size=502)    -> [(0, 1)]

Judged by the bytes of the requests and by those of their replies: a PLC answers a packet whose
reply does not fit with an error, and the values in it are lost. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

# Service, path and count in front; a packet's reply has two bytes less.
_AROUND_REQUESTS = 8
_AROUND_REPLIES = 6
_OFFSET = 2


@dataclass(frozen=True, slots=True)
class Cost:
    """The bytes of one request, and of the longest reply that it can have, both with their head."""

    request: int
    reply: int


def packets(costs: Sequence[Cost], size: int) -> list[tuple[int, ...]]:
    """The positions that travel together, in order; one alone is sent without a packet.

    `size` is the most bytes of a CIP request and of its reply. What does not fit even alone stands
    alone.
    """
    packed: list[tuple[int, ...]] = []
    together: list[int] = []
    request, reply = _AROUND_REQUESTS, _AROUND_REPLIES
    for position, cost in enumerate(costs):
        request += cost.request + _OFFSET
        reply += cost.reply + _OFFSET
        if together and max(request, reply) > size:
            packed.append(tuple(together))
            together = []
            request = _AROUND_REQUESTS + cost.request + _OFFSET
            reply = _AROUND_REPLIES + cost.reply + _OFFSET
        together.append(position)
    return [*packed, tuple(together)] if together else packed
