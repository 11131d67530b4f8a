"""The exact account of a run of handshakes: which promises were kept.

Pure. What can be told from outside, and how:

- An ack of 1 says that every cluster has the event. The broker stamps a record when it has it: an
  event of the part that waits must be stamped before the ack reached the PLC's memory.
- That event's edge was seen on the link on which the ack came, for behind a gap an open ack is
  void: so its time is not before the PLC was last connected to.
- An ack of -1 comes no sooner than `ack_timeout` after such an edge, and only where a cluster or
  the gateway was in trouble meanwhile.
- An ack lands while its part waits. Which part that was the program itself has noted.
- A part has a second event only if its PLC was connected to between the two edges, and each such
  connection is explained by something that was done.

What cannot be told: whether an ack that never came was held back for a reason.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise

from tests.handshake.account import Account
from tests.handshake.truth import Ack, Event, Fault, Part, Run, data_of, plc_of

# A PLC that is back is read within so many seconds, and a broker has what waited within the other.
_PLC_BACK, _BROKER_BACK = 15.0, 10.0
# One process's clock is read a little later than the other's.
_BLINK = 0.05


def judge(run: Run) -> Account:
    """Compare what the programs did and got with what the broker has."""
    account = Account(
        parts=len(run.parts),
        links=sum(map(len, run.links.values())),
        faults=dict(Counter(each.kind for each in run.faults)),
        waits=[part.taken - part.raised for part in run.parts if part.ack],
        violations=[*run.hangs, *run.complaints],
    )
    found = [(each.trigger for each in every) for every in (run.parts, run.acks, run.events)]
    for trigger in sorted(set(chain(*found))):
        _Course(run, account, trigger).judge()
    return account


class _Course:
    """One trigger's part of a run."""

    def __init__(self, run: Run, account: Account, trigger: str) -> None:
        plc = plc_of(trigger)
        self._account = account
        self._trigger = trigger
        self._timeout = run.ack_timeout
        self._links = sorted(run.links[plc])
        self._faults = [each for each in run.faults if each.plc in ("", plc)]
        self._parts = {each.number: each for each in run.parts if each.trigger == trigger}
        self._acks = [each for each in run.acks if each.trigger == trigger]
        self._records = [each for each in run.events if each.trigger == trigger]
        self._events: dict[int, list[Event]] = defaultdict(list)

    def judge(self) -> None:
        """Add what is found to the account."""
        for event in self._distinct():
            self._judge_event(event)
        for part in self._parts.values():
            self._judge_part(part)
        for earlier, ack in zip([None, *self._acks], self._acks, strict=False):
            self._judge_ack(earlier, ack)

    def _distinct(self) -> list[Event]:
        """Each event once, in order of first appearance; that is the order of their numbers."""
        found: dict[int, Event] = {}
        for event in self._records:
            if event.sequence not in found:
                found[event.sequence] = event
                continue
            self._account.repeats += 1
            if found[event.sequence].body != event.body:
                self._accuse(f"number {event.sequence} twice, with different content")
            if not any(fault.kind.holds_up_events for fault in self._faults):
                self._accuse(f"came again, and no fault explains it: {event.body!r}")
        if list(found) != list(range(1, len(found) + 1)):
            self._accuse(f"numbers are missing, or not in order: {_breaks(found)}")
        return list(found.values())

    def _judge_event(self, event: Event) -> None:
        self._account.events += 1
        part = self._parts.get(_number(event))
        if part is None or event.at < part.raised:
            self._accuse(f"an event of what was not there, or not yet: {event.body!r}")
            return
        if event.data != data_of(part.number):
            self._accuse(f"data that the PLC did not show: {event.body!r}")
        if self._events and part.number < max(self._events):
            self._accuse(f"an event of a part behind that of a later one: {event.body!r}")
        self._events[part.number].append(event)

    def _judge_part(self, part: Part) -> None:
        events = self._events[part.number]
        if not events:
            self._accuse(f"no event of {part}")
        if not part.ack:
            self._accuse(f"never acknowledged: {part}")
        self._account.late += len(events) * (part.ack == -1)
        for first, second in pairwise(events):
            fault = self._break(first.at, second.at)
            if fault is None:
                self._accuse(f"two events, and no lost link explains it: {part}")
            else:
                seconds = self._account.seconds
                seconds[fault.kind] = seconds.get(fault.kind, 0) + 1

    def _break(self, since: float, until: float) -> Fault | None:
        """What made the PLC be connected to anew between these moments, if it was."""
        for link in self._links:
            if since <= link <= until:
                for fault in reversed(self._faults):
                    near = fault.since <= link <= fault.until + _PLC_BACK
                    if near and not fault.kind.of_broker:
                        return fault
        return None

    def _judge_ack(self, earlier: Ack | None, ack: Ack) -> None:
        self._account.positive += ack.value == 1
        self._account.negative += ack.value == -1
        if ack.part is None:
            self._accuse(f"an ack while no part waits: {ack}")
            return
        link = max((each for each in self._links if each <= ack.at), default=0.0)
        if earlier is not None and earlier.part == ack.part and earlier.at >= link:
            self._accuse(f"a second ack on one link for one part: {ack}")
        events = [each for each in self._events[ack.part] if each.at >= link]
        if ack.value == 1:
            if not any(each.appended <= ack.at for each in events):
                self._accuse(f"acknowledged before the broker had an event of it: {ack}")
        elif ack.value != -1:
            self._accuse(f"neither 1 nor -1: {ack}")
        elif not any(self._is_overdue(each, ack) for each in events):
            self._accuse(f"-1 too soon, or without a reason: {ack}")

    def _is_overdue(self, event: Event, ack: Ack) -> bool:
        """Whether the event had its time, and there was trouble in it."""
        troubled = any(
            fault.since <= ack.at and event.at <= fault.until + _BROKER_BACK
            for fault in self._faults
            if fault.kind.holds_up_events
        )
        return troubled and ack.at - event.at >= self._timeout - _BLINK

    def _accuse(self, what: str) -> None:
        self._account.violations.append(f"{self._trigger}: {what}")


def _number(event: Event) -> int:
    """The part that an event tells of, 0 for none."""
    number = event.data.get("Part")
    return number if isinstance(number, int) else 0


def _breaks(numbers: Iterable[int]) -> Sequence[str]:
    """Where one number does not follow another, the first few of them."""
    pairs = pairwise([0, *numbers])
    return [f"{one}, {other}" for one, other in pairs if other != one + 1][:5]
