"""A member of a consumer group: one topic's partitions, shared with the other members.

    async with open_member(cluster, "warlogix-line1", "writers", "factory-writes") as member:
        while True:
            match await member.next():
                case Assigned(partitions):
                    found = await member.committed()
                    member.begin({partition: ... for partition in partitions})
                case Revoked(partitions):
                    await member.commit({...})
                    member.let_go()
                case Lost(partitions): ...      # gone already
                case Fetched(records): ...
                case CaughtUp(partition, offset): ...

Nothing of a partition is fetched before `begin`, nobody else gets it before `let_go`, and both
take as long as they need: `commit`, `committed`, `ends` and `offsets_at` work meanwhile. Events
come in the order in which they happened. Nothing is committed but by `commit`, one at a time: a
commit that was cancelled goes on in its thread, and every later `commit` and `committed` waits
until its outcome is settled, so that none overtakes it. While a classic group is shared out anew
the broker keeps commits waiting until its slowest member has let go.

Call `next` all the time, from one task; it can be cancelled at once and loses no event. Nobody
waits for a broker that is away, unless in a call that asks it: these go on until they are
answered or cancelled.

*Errors*: `BrokerFatal` from any call when somebody must act (ACLs, the broker's limits, settings).
`commit` also raises `Fenced` and `Unclear`.
*Closing*: the member leaves its group, at most within seconds: a broker that is silent just then
is told by a thread that stays behind, or finds out by itself after `SESSION`. Whatever `next` said
last, the member may be closed.
"""

import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import confluent_kafka
import trio
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from warlogix.clusters import Cluster
from warlogix.errors import BrokerFatal
from warlogix.kafka.clients import new_client
from warlogix.kafka.cut_off import has_no_broker
from warlogix.kafka.events import (
    Assigned,
    CaughtUp,
    CommitError,
    Event,
    Fenced,
    Fetched,
    Lost,
    Revoked,
    Unclear,
)
from warlogix.kafka.inbox import Inbox
from warlogix.kafka.poll import Poll
from warlogix.kafka.positions import Foreign, Position, decode, encode
from warlogix.kafka.reasons import group_refusal, told
from warlogix.kafka.settings import SESSION, group_config

__all__ = [
    "SESSION",
    "Assigned",
    "CaughtUp",
    "CommitError",
    "Event",
    "Fenced",
    "Fetched",
    "Lost",
    "Member",
    "Revoked",
    "Unclear",
    "open_member",
]

log = logging.getLogger(__name__)

T = TypeVar("T")

_ANSWER = 2.0
_PAUSE = 0.2
_CLOSE = 1.5

# The member was put out of its group: nothing that it says is taken any more.
_OUT = frozenset(
    {
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.FENCED_MEMBER_EPOCH,
        KafkaError.FENCED_INSTANCE_ID,
        KafkaError.GROUP_ID_NOT_FOUND,
    }
)
# The group is being shared out anew, and the member does not know yet how: nothing was taken.
_TURNING = frozenset(
    {
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.STALE_MEMBER_EPOCH,
        KafkaError._ASSIGNMENT_LOST,
    }
)


@asynccontextmanager
async def open_member(
    cluster: Cluster, client_id: str, group: str, topic: str
) -> AsyncGenerator["Member", None]:
    """A member of the group, from its first word to its leaving."""
    inbox = Inbox()
    poll = Poll(cluster, group, topic, inbox)
    callbacks = {"error_cb": partial(_murmur, cluster), "on_commit": poll.on_commit}
    config = group_config(cluster, client_id, group) | callbacks
    poll.start(await trio.to_thread.run_sync(new_client, confluent_kafka.Consumer, cluster, config))
    try:
        yield Member(cluster, group, topic, poll, inbox)
    finally:
        inbox.give_up_all()
        poll.close()
        with trio.move_on_after(_CLOSE, shield=True):
            await inbox.over.wait()


def _murmur(cluster: Cluster, error: KafkaError) -> None:
    """Why a connection fails is told by the producer's status; here it is detail."""
    log.debug("%s", told(error.str(), cluster))


class Member:
    """A member that is in its group, or on its way there; `open_member` makes it."""

    def __init__(self, cluster: Cluster, group: str, topic: str, poll: Poll, inbox: Inbox) -> None:
        self._cluster = cluster
        self._group = group
        self._topic = topic
        self._poll = poll
        self._inbox = inbox
        # A commit is settled when its outcome is known, also if its caller has left.
        self._settled = trio.Event()
        self._settled.set()
        self._error: KafkaError | None = None

    async def next(self) -> Event:
        """What happened next."""
        return await self._inbox.next()

    def begin(self, starts: Mapping[int, int]) -> None:
        """Read the partitions that were assigned just now, each from its offset on."""
        assigned = self._inbox.question(Assigned)
        if starts.keys() != set(assigned):
            raise ValueError(f"asked to begin {assigned}, not {sorted(starts)}")
        self._poll.answer(dict(starts))

    def let_go(self) -> None:
        """Give away the partitions that were revoked just now."""
        self._inbox.give_up(self._inbox.question(Revoked))
        self._poll.answer({})

    def pause(self, partitions: Iterable[int]) -> None:
        """Fetch no more of these until `resume`; what was fetched already still comes."""
        places = self._places(partitions)
        self._poll.do(lambda consumer: consumer.pause(places))

    def resume(self, partitions: Iterable[int]) -> None:
        """Fetch these again."""
        places = self._places(partitions)
        self._poll.do(lambda consumer: consumer.resume(places))

    async def commit(self, positions: Mapping[int, Position]) -> None:
        """Commit; returns when the coordinator has taken all of it.

        Partitions that this member never had are committed together with its own, never alone:
        that is how a group begins. One that it had and has no more fences the whole commit.
        *Errors*: `Fenced` when nothing was taken: `Lost` came or comes, or the partition was let
        go meanwhile; `Unclear` when nobody knows; `TooLong`. Cancelled, or with `BrokerFatal`, the
        outcome is unclear as well: `committed` tells it.
        """
        offsets = [
            TopicPartition(self._topic, partition, position.offset, encode(position))
            for partition, position in positions.items()
        ]
        terms = self._inbox.terms(positions)
        while self._inbox.holds(terms):
            error = await self._commit(offsets, terms)
            if error is None:
                return
            self._raise_if_told(error)
            if error.code() not in _TURNING:
                raise Unclear(self._cluster.name, f"commit: {told(error.str(), self._cluster)}")
            await trio.sleep(_PAUSE)
        raise Fenced(self._cluster.name, "commit: the partitions are no longer this member's")

    async def committed(self) -> dict[int, Position | Foreign | None]:
        """What is committed for each partition of the topic; None where nothing is."""
        await self._quiet()
        return {place.partition: _position(place) for place in await self._answer(self._committed)}

    async def ends(self) -> dict[int, tuple[int, int]]:
        """The first offset that each partition still has, and the one after its last."""
        return await self._answer(self._ends)

    async def offsets_at(self, at: int, partitions: Iterable[int]) -> dict[int, int]:
        """Where to begin to get all records made at this time (ms since 1970) or later."""
        return await self._answer(partial(self._offsets_at, at, tuple(partitions)))

    async def has_no_broker(self) -> bool:
        """Whether the member has no connection, and makes none within some seconds.

        Brokers that answer others meanwhile have lost it: it is to be closed.
        """
        return await self._poll.run(partial(has_no_broker, topic=self._topic))

    async def _commit(
        self, offsets: list[TopicPartition], terms: Mapping[int, int]
    ) -> KafkaError | None:
        await self._quiet()
        settled = self._settled = trio.Event()
        self._poll.commit(offsets, terms, self._settle)
        await self._poll.until(settled)
        return self._error

    async def _quiet(self) -> None:
        while not self._settled.is_set():
            await self._poll.until(self._settled)

    def _settle(self, error: KafkaError | None) -> None:
        self._error = error
        self._settled.set()

    async def _answer(self, question: Callable[[confluent_kafka.Consumer], T]) -> T:
        """The answer, once there is somebody to give it."""
        while True:
            try:
                return await self._poll.run(question)
            except KafkaException as exc:
                error: KafkaError = exc.args[0]
            self._raise_if_told(error)
            said = told(error.str(), self._cluster)
            log.debug("%s: group %s: %s", self._cluster.name, self._group, said)
            await trio.sleep(_PAUSE)

    def _raise_if_told(self, error: KafkaError) -> None:
        """Raise what the error says beyond doubt."""
        said = told(error.str(), self._cluster)
        if error.code() in _OUT:
            raise Fenced(self._cluster.name, said)
        refusal = group_refusal(error.code(), said, self._group, self._topic)
        if refusal or error.fatal():
            raise BrokerFatal(self._cluster.name, refusal or said)

    def _places(self, partitions: Iterable[int]) -> list[TopicPartition]:
        return [TopicPartition(self._topic, partition) for partition in partitions]

    # What follows blocks, in the consumer's thread, never for long.

    def _all_places(self, consumer: confluent_kafka.Consumer) -> list[TopicPartition]:
        found = consumer.list_topics(self._topic, timeout=_ANSWER).topics[self._topic]
        if found.error is not None:
            raise KafkaException(found.error)
        return self._places(sorted(found.partitions))

    def _committed(self, consumer: confluent_kafka.Consumer) -> list[TopicPartition]:
        return _sound(consumer.committed(self._all_places(consumer), timeout=_ANSWER))

    def _ends(self, consumer: confluent_kafka.Consumer) -> dict[int, tuple[int, int]]:
        ask = consumer.get_watermark_offsets
        return {each.partition: ask(each, timeout=_ANSWER) for each in self._all_places(consumer)}

    def _offsets_at(
        self, at: int, partitions: Sequence[int], consumer: confluent_kafka.Consumer
    ) -> dict[int, int]:
        wanted = [TopicPartition(self._topic, partition, at) for partition in partitions]
        found = _sound(consumer.offsets_for_times(wanted, timeout=_ANSWER))
        starts = {place.partition: place.offset for place in found}
        ask = consumer.get_watermark_offsets
        for place in self._places(each for each, offset in starts.items() if offset < 0):
            starts[place.partition] = ask(place, timeout=_ANSWER)[1]
        return starts


def _sound(places: list[TopicPartition]) -> list[TopicPartition]:
    """The places, if there is an answer for each. *Errors*: `KafkaException`."""
    for place in places:
        if place.error is not None:
            raise KafkaException(place.error)
    return places


def _position(place: TopicPartition) -> Position | Foreign | None:
    if place.offset < 0:
        return None
    return decode(place.offset, place.metadata) or Foreign(place.offset)
