"""The commits of one membership, one at a time, and when the group was last heard of.

    commits = Commits(member, answered.committed)       # who is told what the broker has
    if await commits.commit(ledgers): ...       # the broker has it; else the membership is broken
    commits.is_fresh()                          # whether a write may start

A commit that succeeds proves that, when it was issued, the group counted this instance as a member.
No write starts later than half a session after that: nobody else can have the partition by then,
also when this process stood still in between.
"""

import secrets
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import replace
from math import inf
from typing import NoReturn

import trio
from trio_util import wait_any

from warlogix.errors import BrokerError
from warlogix.kafka.group import Member
from warlogix.kafka.positions import Position
from warlogix.kafka.settings import SESSION
from warlogix.writeback.ledger import Ledger

_FRESH = SESSION / 2
# A commit without an answer after this long is unclear, and ends the membership.
_ANSWER = 5.0
# Answers that were confirmed are taken off the list of the open ones this much later, together.
_GATHER = 0.1
_LOOK = 0.5


class Commits:
    """What this membership has committed. `broken` says why it is over, "" while it is not."""

    def __init__(self, member: Member, committed: Callable[[Mapping[int, Position]], None]) -> None:
        self.broken = ""
        # Rides in each commit, so that one of unclear fate is known again.
        self.name = secrets.token_hex(3)
        self.over = trio.Event()
        self._member = member
        self._committed = committed
        self._contact = -inf
        self._lock = trio.Lock()
        self._wanted = trio.Event()
        self._heard = trio.Event()

    def is_fresh(self) -> bool:
        """Whether the group counted us as a member a moment ago."""
        return not self.broken and trio.current_time() - self._contact < _FRESH

    async def heard(self) -> None:
        """Ask for a sign of life, and return with the next one, or with the end."""
        heard = self._heard
        self._wanted.set()
        if not self.broken:
            await heard.wait()

    def break_off(self, reason: str) -> None:
        """The membership is over."""
        if not self.broken:
            self.broken = reason
            self.over.set()
            self._tell()

    async def commit(self, ledgers: Iterable[Ledger]) -> Collection[Ledger]:
        """Commit where these are now; those that the broker has taken, all of them or none.

        A partition that has gone is left out: its new owner alone may commit it.
        """
        async with self._lock:
            taken = [ledger for ledger in ledgers if not ledger.gone]
            if self.broken or not taken:
                return ()
            for ledger in taken:
                ledger.dirty = False
            issued = trio.current_time()
            positions = {
                ledger.partition: replace(ledger.position(), member=self.name) for ledger in taken
            }
            with trio.move_on_after(_ANSWER) as limit:
                try:
                    await self._member.commit(positions)
                except BrokerError as exc:
                    self.break_off(exc.reason)
                    return ()
            if limit.cancelled_caught:
                self.break_off(f"the brokers did not answer a commit within {_ANSWER:g} s")
                return ()
            self._contact = issued
            self._committed(positions)
            self._tell()
            return taken

    async def keep(
        self, ledgers: Mapping[int, Ledger], settled: Callable[[], Awaitable[None]]
    ) -> NoReturn:
        """Commit again when answers were confirmed, or somebody waits for a sign of life."""
        while True:
            # What was settled while nobody waited for it is looked for now and then.
            with trio.move_on_after(_LOOK):
                await wait_any(self._wanted.wait, settled)
            with trio.move_on_after(_GATHER):
                await self._wanted.wait()
            wanted, self._wanted = self._wanted.is_set(), trio.Event()
            await self.commit([each for each in ledgers.values() if each.dirty or wanted])

    def _tell(self) -> None:
        self._heard.set()
        self._heard = trio.Event()
