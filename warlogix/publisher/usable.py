"""Which of a cluster's topics can be used: made before their first use, and again when they go.

After an outage they are looked at again before anything is sent: a cluster that came back empty
gets its topics first, and no client learns that they are missing.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import NoReturn

import trio
from trio_util import AsyncValue

from warlogix.clusters import TopicSpec
from warlogix.errors import BrokerFatal, BrokerUnavailable
from warlogix.kafka.admin import ensure_topics
from warlogix.kafka.producer import Producer

log = logging.getLogger(__name__)

_AGAIN = 1.0
_REFUSED = 10.0


class UsableTopics:
    """What is known of each topic: usable, or to be waited for.

    `refusal` is told why a topic cannot be used, and "" when all can.
    """

    def __init__(self, producer: Producer, specs: Sequence[TopicSpec], refusal: AsyncValue) -> None:
        self._refusal = refusal
        self._producer = producer
        self._specs = {spec.name: spec for spec in specs}
        self._states: dict[str, AsyncValue[str | None]] = {}
        self._asked = trio.Event()
        # Those that could be used before they were doubted.
        self._known: set[str] = set()
        for name in self._specs:
            self.doubt(name)

    async def wait(self, name: str) -> None:
        """Return when the topic can be used: at once, or after somebody has acted."""
        if name not in self._states:
            self.doubt(name)
        state = self._states[name]
        if state.value != "":
            await state.wait_value("")

    def doubt(self, name: str) -> None:
        """Look at the topic again before its next use."""
        self._states.setdefault(name, AsyncValue(None)).value = None
        self._asked.set()

    async def doubt_after_outages(self) -> NoReturn:
        """Look at every topic again each time that the cluster was away."""
        status = self._producer.status
        while True:
            await status.wait_value(lambda now: not now.online)
            for name, state in self._states.items():
                if state.value == "":
                    self.doubt(name)
            await status.wait_value(lambda now: now.online)

    async def keep(self) -> NoReturn:
        """Make what is missing, look again at what is refused; says each reason once."""
        while True:
            self._asked = trio.Event()
            answers = await self._ensure(self._open())
            for name, reason in answers.items():
                self._tell(name, reason)
            with trio.move_on_after(_REFUSED if self._open() else float("inf")):
                await self._asked.wait()

    def _open(self) -> list[TopicSpec]:
        names = [name for name, state in self._states.items() if state.value != ""]
        return [self._specs.get(name, TopicSpec(name)) for name in names]

    async def _ensure(self, specs: Sequence[TopicSpec]) -> Mapping[str, str]:
        """The state of each topic, from a cluster that answers.

        One whose records are taken, and that is too slow for a look, has what it had.
        """
        producer = self._producer
        while True:
            await producer.status.wait_value(lambda status: status.online)
            try:
                return await ensure_topics(
                    producer.cluster, producer.client_id, specs, producer.belong_to
                )
            except BrokerUnavailable as exc:
                log.debug("%s", exc)
                if producer.status.value.online and {spec.name for spec in specs} <= self._known:
                    return {spec.name: "" for spec in specs}
            except BrokerFatal as exc:
                return {spec.name: exc.reason for spec in specs}
            await trio.sleep(_AGAIN)

    def _tell(self, name: str, reason: str) -> None:
        state, cluster = self._states[name], self._producer.cluster.name
        before, state.value = state.value, reason
        if not reason:
            self._known.add(name)
        refused = (each.value for each in self._states.values() if each.value)
        self._refusal.value = next(refused, "")
        if reason == before:
            return
        if reason:
            log.error("%s: %s; what is for it waits", cluster, reason)
        elif before:
            log.info("%s: topic %s can be used now", cluster, name)
