"""Packs against a model: any sequence of scans, any pauses between them."""

from dataclasses import dataclass
from itertools import pairwise
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from warlogix.messages import Pack as Message
from warlogix.packs import WINDOW, Member, Pack, PackPlan
from warlogix.tags import Readings, Tag, Value

TAGS = {"A": (Tag("x"), Tag("y")), "B": (Tag("z"),)}
MEMBERS = tuple(Member(plc, tag, ignored=False) for plc, tags in TAGS.items() for tag in tags)
TYPES = {"A": ("INT", "INT"), "B": ("INT",)}


@dataclass(frozen=True)
class Step:
    """A scan of one PLC so many 1024ths of a second after the last; None is a bad value."""

    pause: int
    plc: str
    values: tuple[int | None, ...]


VALUES = st.one_of(st.none(), st.integers(0, 2))
STEPS = st.lists(
    st.one_of(
        st.builds(Step, st.integers(0, 400), st.just("A"), st.tuples(VALUES, VALUES)),
        st.builds(Step, st.integers(0, 400), st.just("B"), st.tuples(VALUES)),
    ),
    max_size=40,
)


def values_of(message: Message) -> dict[str, Value]:
    """The values of a message by their keys."""
    return {key: member.value for key, member in message.tags.items()}


@given(STEPS)
def test_messages_are_the_last_known_values_in_time_and_end_with_the_end_state(
    steps: list[Step],
) -> None:
    """Every message holds the values last known, no two are less than 250 ms apart, none comes
    without a change, and after the last change one follows within 250 ms that tells the end."""
    pack = Pack(PackPlan("P", MEMBERS, ("Local",)), TAGS, dict)
    known: dict[str, Value] = {}
    told: list[tuple[float, dict[str, Value]]] = []
    changed_at, clock = inf, 0

    def publish_until(now: float) -> None:
        nonlocal changed_at
        while pack.due <= now:
            at = pack.due
            told.append((at, values_of(pack.publish(0))))
            assert told[-1][1] == known
            if len(told) > 1:
                assert at == changed_at + WINDOW
            changed_at = inf

    for step in steps:
        clock += step.pause
        now = clock / 1024
        publish_until(now)
        bad = {i: "bad" for i, value in enumerate(step.values) if value is None}
        pack.see(step.plc, Readings(step.values, bad, TYPES[step.plc]), now)
        names = [f"{step.plc}.{tag.name}" for tag in TAGS[step.plc]]
        known |= dict(zip(names, step.values, strict=True))
        if told and known != told[-1][1]:
            changed_at = min(changed_at, now)
    publish_until(clock / 1024 + WINDOW)
    assert all(b - a >= WINDOW for (a, _), (b, _) in pairwise(told))
    assert bool(told) == (len(known) == len(MEMBERS))
    assert not told or told[-1][1] == known
