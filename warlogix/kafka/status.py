"""What is known about a cluster: online, or away and why; judged from signs that others bring.

It knows no client, no task and no clock: `moment` is monotonic seconds, `wall` gives ms since 1970.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from confluent_kafka import KafkaError
from trio_util import AsyncValue

from warlogix.clusters import Cluster
from warlogix.kafka.reasons import Trouble, explain, unheard

log = logging.getLogger(__name__)

# Without a sign of life for so long, a cluster should be asked for one.
QUIET = 5.0
# Records that wait so long while nothing at all is confirmed are a reason to ask: a frozen broker
# says nothing by itself. One that answers but confirms nothing is away after STUCK; the gateway's
# health, every 10 s, is a confirmation that a cluster in order gives.
STALL = 3.0
STUCK = 12.0


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """Whether a cluster takes records, since when (ms since 1970), and if not, why.

    `fatal` says that somebody must change something before it will.
    """

    online: bool
    since: int
    error: str
    fatal: bool = False


class Standing:
    """A cluster's status and the signs it rests on."""

    def __init__(self, cluster: Cluster, wall: Callable[[], int], moment: float) -> None:
        self.status = AsyncValue(ClusterStatus(False, wall(), "connecting"))
        self._cluster = cluster
        self._wall = wall
        self._alive = moment
        self._answering: float | None = None
        self._heard: KafkaError | None = None
        self._alarmed = False
        self._broken_until = moment
        # Each broker of a cluster has its own reason, and is tried again and again.
        self._told: set[Trouble] = set()

    def hear(self, error: KafkaError) -> None:
        """librdkafka's `error_cb`: the only place where it tells why a connection fails."""
        if self._heard is None or error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._heard = error
        self._alarmed = True

    def doubtful(self, oldest: float | None, moment: float) -> bool:
        """Whether the cluster should be asked for a sign of life.

        `oldest` is the moment when the oldest unconfirmed record was sent, None without any.
        """
        alarmed, self._alarmed = self._alarmed, False
        quiet = moment - self._alive > QUIET
        return alarmed or quiet or self.silent(oldest, moment)

    def silent(self, oldest: float | None, moment: float) -> bool:
        """Whether nothing comes back, though there is a reason to expect something."""
        return self._waiting(oldest, moment) > STALL or not self.status.value.online

    def confirmed(self, moment: float) -> None:
        """Records were confirmed, or refused by a broker: it is there."""
        self._alive = moment
        self._heard = None
        status = self.status.value
        if not status.online:
            away = (self._wall() - status.since) / 1000
            self.status.value = ClusterStatus(True, self._wall(), "")
            self._told.clear()
            log.info("%s: online after %.1f s", self._cluster.name, away)

    def broken(self, trouble: Trouble, until: float) -> None:
        """The producer is of no use for this reason; that brokers answer proves nothing before
        this moment."""
        self._broken_until = until
        self.away(trouble)

    def answered(self, oldest: float | None, moment: float) -> None:
        """A broker answered when asked."""
        if moment < self._broken_until:
            return
        # What waited while nobody was there has its time from now on.
        self._answering = moment if self._answering is None else self._answering
        waiting = min(self._waiting(oldest, moment), moment - self._answering)
        if waiting <= STALL:
            self.confirmed(moment)
        elif waiting > STUCK:
            self.away(Trouble("the brokers answer, but confirm no record"))

    def silent_since(self, asked: float) -> Trouble | None:
        """Why no broker has answered since it was asked; None when one has shown that it is there.

        The cluster counts as away from here on. The log has to wait for definite words: `away`.
        """
        if self._alive > asked:
            return None
        self._answering = None
        trouble = self._silence()
        self._set_away(trouble)
        return trouble

    def _silence(self) -> Trouble:
        if self._heard is None:
            return unheard(self._cluster)
        return explain(self._heard.code(), self._heard.str(), self._cluster)

    def away(self, trouble: Trouble) -> None:
        """The cluster takes nothing, for this reason; each is said once until it is back."""
        self._set_away(trouble)
        if trouble not in self._told:
            self._told.add(trouble)
            level = logging.ERROR if trouble.fatal else logging.WARNING
            log.log(level, "%s: away: %s", self._cluster.name, trouble.text)

    def _set_away(self, trouble: Trouble) -> None:
        status = self.status.value
        since = self._wall() if status.online else status.since
        self.status.value = ClusterStatus(False, since, trouble.text, trouble.fatal)

    def _waiting(self, oldest: float | None, moment: float) -> float:
        """For how long records have been waiting without any being confirmed."""
        return 0.0 if oldest is None else moment - max(oldest, self._alive)
