"""What becomes of topics that are to be made, of those too that the broker does not show."""

from collections.abc import Sequence
from typing import cast

import pytest

from warlogix.clusters import TopicSpec
from warlogix.config import UsedTopic
from warlogix.kafka.admin import Admin, FoundTopic, Made
from warlogix.provisioning.ask import create, rehearse
from warlogix.topics import Topic

USED = [
    UsedTopic(Topic.CHANGES, TopicSpec("seen")),
    UsedTopic(Topic.HEALTH, TopicSpec("hidden")),
    UsedTopic(Topic.GATEWAY, TopicSpec("missing")),
]
HIDDEN = "the principal may not see topic hidden"


class Cluster:
    """A cluster that shows one topic, hides one and misses one."""

    def __init__(self, hidden: Made) -> None:
        self._hidden = hidden

    async def find(self, names: Sequence[str]) -> dict[str, FoundTopic]:
        """The one that is shown, and why the other is not."""
        assert list(names) == ["seen", "hidden", "missing"]
        return {"seen": FoundTopic("seen"), "hidden": FoundTopic("hidden", error=HIDDEN)}

    async def create(self, specs: Sequence[TopicSpec]) -> dict[str, Made]:
        """What became of each."""
        assert [spec.name for spec in specs] == ["hidden", "missing"]
        return {"hidden": self._hidden, "missing": Made()}


@pytest.mark.parametrize(
    ("hidden", "expected"),
    [
        (Made("topic hidden does not exist"), ("failed", HIDDEN)),
        (Made(), ("created", "")),
        (Made(existed=True), ("exists", "")),
    ],
)
async def test_a_topic_that_is_not_shown_is_tried(hidden: Made, expected: tuple[str, str]) -> None:
    """It is made if it may be, exists if the broker says so, and has failed otherwise."""
    made = await create(cast("Admin", Cluster(hidden)), "Local", USED)
    results = [(each.result, each.error) for each in made]
    assert results == [("exists", ""), expected, ("created", "")]


async def test_a_rehearsal_cannot_tell_of_a_topic_that_is_not_shown() -> None:
    """It has failed, with the reason; nothing is made."""
    found = await rehearse(cast("Admin", Cluster(Made())), "Local", USED)
    results = [(each.result, each.error) for each in found]
    assert results == [("exists", ""), ("failed", HIDDEN), ("would be created", "")]
