"""Which plans of a driver are kept."""

from dataclasses import dataclass

from warlogix.drivers.kept import Kept
from warlogix.tags import Tag


@dataclass(eq=False)
class Plan:
    """A plan that counts its reads."""

    tags: tuple[Tag, ...]
    reads: int = 0


def read(kept: Kept[Plan], *names: str) -> Plan:
    """The plan for tags of these names, read once more."""
    tags = tuple(Tag(name) for name in names)
    plan = kept.of(tags, lambda: Plan(tags))
    plan.reads += 1
    return plan


def test_the_same_tags_have_one_plan() -> None:
    """Whoever asks for equal tags gets the plan that was made, with a tuple of its own too."""
    kept: Kept[Plan] = Kept()
    assert read(kept, "a", "b") is read(kept, "a", "b")
    assert read(kept, "a") is not read(kept, "b")


def test_a_pollers_plan_stays_however_rarely_it_is_read() -> None:
    """A PLC that is polled once an hour keeps what its poll has learned, whatever else is read."""
    kept: Kept[Plan] = Kept()
    poll = read(kept, "a", "b", "c")
    often = read(kept, "a")
    read(kept, "a")
    for number in range(1000):
        read(kept, f"once{number}")
    assert read(kept, "a", "b", "c") is poll
    assert read(kept, "a") is often
