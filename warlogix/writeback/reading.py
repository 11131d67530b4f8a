"""From records to arrivals: reads each request, and answers those that an earlier owner left open.

An orphan is a request that was covered by somebody else's commit and has no answer on our disk.
Nobody knows whether it was executed, so it never is: it is answered `outcome unknown`, or `not
executed` where this very instance knows that it was not.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import trio

from warlogix.kafka.group import Member
from warlogix.kafka.records import Record
from warlogix.writeback.answered import LANES
from warlogix.writeback.answering import Answering, Owed
from warlogix.writeback.desk import Desk
from warlogix.writeback.ledger import Ledger
from warlogix.writeback.past import Past
from warlogix.writeback.settling import Settling
from warlogix.writeback.window import Arrival
from warlogix.writes.answers import Answer
from warlogix.writes.clocks import ProducerClocks
from warlogix.writes.log_lines import payload, received
from warlogix.writes.requests import Request, Unreadable, read_request

log = logging.getLogger(__name__)

_UNKNOWN = "outcome unknown: the gateway that took this request gave no answer"
_SPARED = "not executed: Kafka did not confirm in time that this gateway may execute it"
# A repeated request is recognized across a take-over; so many records are read again for it.
_MOST_AGAIN = 50_000


class Reading:
    """Reads what arrives; `past` is what earlier memberships have left to know."""

    def __init__(self, desk: Desk, settling: Settling, answering: Answering, past: Past) -> None:
        self._desk = desk
        self._settling = settling
        self._answering = answering
        self._past = past
        self._clocks = ProducerClocks(desk.plan.max_age)

    async def firsts(
        self, member: Member, ledgers: Mapping[int, Ledger], partitions: Collection[int]
    ) -> dict[int, int]:
        """Where to begin to read: at what is open, and at what may be repeated."""
        since = self._desk.wall() - round(1000 * self._desk.plan.max_age)
        lately = await member.offsets_at(since, partitions)
        firsts = {}
        for partition in partitions:
            ledger = ledgers[partition]
            again = max(min(lately[partition], ledger.begun), ledger.begun - _MOST_AGAIN)
            firsts[partition] = ledger.read_from(again)
        return firsts

    def read(self, ledger: Ledger, records: Sequence[Record]) -> bool:
        """Take the records of one partition; False when the topic is another one by now."""
        arrivals: list[Arrival] = []
        owed: list[Owed] = []
        now, wall = trio.current_time(), self._desk.wall()
        for record in records:
            if not ledger.arrive(record.offset):
                return False
            request = self._request(record, wall, now)
            if record.offset >= ledger.begun:
                known = self._past.took(request)
                if not known:
                    _say(request)
                arrivals.append(Arrival(ledger, request, len(record.value or b""), known))
            elif ledger.adopt(record.offset):
                owed += self._orphaned(ledger, request)
            elif isinstance(request, Request):
                # As old as it was when whoever has settled it did.
                age = max(0.0, request.age)
                self._settling.remember(replace(request, received=now - age, age=0.0))
        self._bury(ledger, records[-1].offset)
        self._answering.give(owed)
        self._settling.window.put(arrivals)
        return True

    def caught_up(self, ledger: Ledger, offset: int) -> None:
        """There is nothing in the partition from this offset on, for now."""
        self._bury(ledger, offset)

    def _request(self, record: Record, wall: int, now: float) -> Request | Unreadable:
        request = read_request(
            record.partition,
            record.offset,
            record.timestamp,
            record.key,
            record.value,
            headers=record.headers,
            now_wall_ms=wall,
            now=now,
        )
        if isinstance(request, Request):
            request, warning = self._clocks.judge(request)
            if warning:
                log.warning("%s: %s", self._desk.cluster.name, warning)
        return request

    def _bury(self, ledger: Ledger, before: int) -> None:
        if gone := ledger.bury(before):
            log.warning(
                "%s: %d unanswered write requests are not in %s any more: nobody answers them",
                self._desk.cluster.name,
                len(gone),
                self._desk.topic,
            )

    def _orphaned(self, ledger: Ledger, request: Request | Unreadable) -> Sequence[Owed]:
        """The answer of an orphan; none where it is on its way already."""
        rows = self._desk.answered.rows(request.name)
        if len(rows) == len(LANES):
            self._answering.expect_both(ledger, [request.offset])
        for lane, row in rows.items():
            self._answering.expect(lane, row, ledger, [request.offset])
        return () if rows else [Owed(ledger, self._fate(request))]

    def _fate(self, request: Request | Unreadable) -> Answer | Unreadable:
        if isinstance(request, Unreadable):
            return request
        if request.fault:
            return Answer.failed(request, request.fault)
        # Not judged by our tags: whoever took it may have had others, and have executed it.
        return Answer.failed(request, _SPARED if self._past.spared(request) else _UNKNOWN)


def _say(request: Request | Unreadable) -> None:
    if log.isEnabledFor(logging.DEBUG):
        log.debug("%s", received(request))
        log.debug("%s", payload(request))
