"""Whatever comes, window after window: settle agrees with a reference that is slow and plain.

The reference asks every question of `docs/writeback.md` for each request, by looking at all the
others.
"""

from dataclasses import dataclass

import hypothesis.strategies as st
from hypothesis import given, settings
from msgspec import UNSET, Raw, UnsetType

from tests.unit.write_requests import MAX_AGE, TARGETS, WALL, configured, record
from warlogix.writes.repeats import Repeats
from warlogix.writes.requests import Request
from warlogix.writes.settle import Settled, settle

# Spellings of a tag, and what they mean; "Spare" is disabled, "Name" is not writable.
_TAGS = {
    "Counter": "Counter",
    "counter": "Counter",
    "db1.dbd100": "Counter",
    "Speed": "Speed",
    " SPEED": "Speed",
    "Apply": "Apply",
    "APPLY": "Apply",
    "Name": "",
    "Spare": "",
    "None": "",
}
_PLCS = {"MainPLC": "MainPLC", "mainplc": "MainPLC", "Mixer": "Mixer", "Press": "", "Nobody": ""}
# What fits every tag above; 1 and true do not mean the same, 1 and 1.0 do.
_VALUES = {"0": 0, "1": 1, "1.0": 1, "2": None, '"1"': None, "null": None}
_FOR_COUNTERS = _VALUES | {"2": 2}
_FOR_BOOL = {"0": False, "1": True, "1.0": True}


@dataclass(frozen=True)
class Ask:
    """One record to come, `after` so many quarters of a second; ages in quarters of a second."""

    plc: str
    tag: str
    value: str | None
    id: str | None
    partition: int
    age: int | None
    after: int


_ASKS = st.builds(
    Ask,
    st.sampled_from([*_PLCS, "MainPLC", "MainPLC", "MainPLC"]),
    st.sampled_from(list(_TAGS)),
    st.sampled_from([*_VALUES, "0", "1", None]),
    st.sampled_from([None, None, "null", '""', "7", '"a"']),
    st.integers(0, 2),
    st.sampled_from([None, *range(-3, 4), -10, -9, -8, 7, 8, 9]),
    st.integers(0, 2),
)
_WINDOWS = st.lists(st.lists(_ASKS, max_size=12), min_size=1, max_size=5)


@dataclass
class Window:
    """The records of one window, and when it closed."""

    requests: list[Request]
    now: float


def arrive(asked: list[list[Ask]]) -> list[Window]:
    """The windows in which these arrive; offsets rise by one in each partition."""
    windows, quarters, following = [], 0, {0: 10, 1: 20, 2: 30}
    for asks in asked:
        requests = []
        for ask in asks:
            quarters += ask.after
            requests.append(_record(ask, following[ask.partition], quarters))
            following[ask.partition] += 1
        quarters += 1
        windows.append(Window(requests, quarters / 4))
    return windows


def _record(ask: Ask, offset: int, quarters: int) -> Request:
    members = [f'"plc": "{ask.plc}"', f'"tag": "{ask.tag}"']
    members += [f'"value": {ask.value}'] if ask.value is not None else []
    members += [f'"request_id": {ask.id}'] if ask.id is not None else []
    wall = WALL + quarters * 250
    found = record(
        f"{{{', '.join(members)}}}".encode(),
        offset,
        partition=ask.partition,
        timestamp=-1 if ask.age is None else wall - ask.age * 250,
        now_wall_ms=wall,
        now=quarters / 4,
    )
    assert isinstance(found, Request)
    return found


def meaning(request: Request) -> tuple[str, str, object] | None:
    """The PLC, the tag and the value that are meant; None of what cannot be written."""
    plc, tag = _PLCS[request.plc], _TAGS[request.tag]
    if not plc or not tag or request.fault:
        return None
    table = _FOR_BOOL if tag == "Apply" else _FOR_COUNTERS
    value = table.get((_json(request.value) or b"").decode())
    return None if value is None else (plc, tag, value)


class Reference:
    """The rules of `docs/writeback.md` on the windows of one consumer, in turn."""

    def __init__(self) -> None:
        self.accepted: list[Request] = []

    def settle(self, window: Window) -> list[str]:
        """One word for each request: what becomes of it."""
        words = [self._word(request, window.now) for request in window.requests]
        good = [i for i, word in enumerate(words) if word == "accepted"]
        for i in good:
            beaten = not self._survives(window.requests, good, i)
            words[i] = "superseded" if beaten else "executed"
        return words

    def _word(self, request: Request, now: float) -> str:
        age = request.age + now - request.received
        if request.fault:
            return "failed"
        if age > MAX_AGE or age < -MAX_AGE:
            return "skipped"
        if meaning(request) is None:
            return "failed"
        if any(self._repeats(request, earlier) for earlier in self.accepted):
            return "repeated"
        self.accepted.append(request)
        return "accepted"

    def _repeats(self, request: Request, earlier: Request) -> bool:
        return (
            _json(request.request_id) not in (None, b"null", b'""')
            and _json(request.request_id) == _json(earlier.request_id)
            and meaning(request) == meaning(earlier)
            and request.received - earlier.received <= MAX_AGE
        )

    def _survives(self, requests: list[Request], good: list[int], i: int) -> bool:
        if _tag(requests[i]) == "Apply":
            return True
        rivals = [j for j in good if _meets(requests, good, i, j)]
        # The last of each partition speaks for it; the latest of those speaks for the tag.
        last = [
            j
            for j in rivals
            if not any(
                requests[k].partition == requests[j].partition
                and requests[k].offset > requests[j].offset
                for k in rivals
            )
        ]
        return i in last and all(
            (_written(requests[j]), j) <= (_written(requests[i]), i) for j in last
        )


def _json(given: Raw | UnsetType) -> bytes | None:
    return None if given is UNSET else bytes(given)


def _tag(request: Request) -> str:
    return _TAGS[request.tag]


def _written(request: Request) -> float:
    return request.timestamp if request.timestamp >= 0 else WALL + request.received * 1000


def _meets(requests: list[Request], good: list[int], i: int, j: int) -> bool:
    """Whether both mean one tag, and no press of a button of that PLC lies between them."""
    one, other = requests[i], requests[j]
    if (_PLCS[one.plc], _tag(one)) != (_PLCS[other.plc], _tag(other)):
        return False
    between = [requests[k] for k in good if min(i, j) < k < max(i, j)]
    return not any(_tag(each) == "Apply" and _PLCS[each.plc] == _PLCS[one.plc] for each in between)


def words(window: Window, settled: Settled) -> list[str]:
    """What settle has decided, in the reference's words and in the order of the requests."""
    found: dict[int, str] = {id(write.request): "executed" for write in settled.todo}
    for answer in settled.answers:
        assert id(answer.request) not in found
        word = "skipped" if answer.skipped else "failed"
        if answer.deduplicated:
            word = "superseded" if answer.by else "repeated"
        found[id(answer.request)] = word
    assert len(found) == len(window.requests)
    return [found[id(request)] for request in window.requests]


@settings(max_examples=600, deadline=None)
@given(_WINDOWS)
def test_settle_does_what_the_rules_say(asked: list[list[Ask]]) -> None:
    """Each request has one fate, the one that the rules give it; order is kept."""
    reference, repeats = Reference(), Repeats(MAX_AGE)
    for window in arrive(asked):
        settled = settle(window.requests, TARGETS, configured, repeats, window.now, MAX_AGE)
        assert words(window, settled) == reference.settle(window)
        order = {id(request): place for place, request in enumerate(window.requests)}
        for fates in (
            [write.request for write in settled.todo],
            [answer.request for answer in settled.answers],
        ):
            places = [order[id(request)] for request in fates]
            assert places == sorted(places)
        for write in settled.todo:
            assert (write.target.plc, write.target.tag.label, write.value) == meaning(write.request)
        survivors = {id(write.request) for write in settled.todo}
        assert all(id(answer.by) in survivors for answer in settled.answers if answer.by)
