"""Which topics of which clusters `tail` reads, and from when on."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from warlogix.clusters import Cluster
from warlogix.config import ClusterConfig, Config, topics_in_use
from warlogix.config.names import doubt, nearest
from warlogix.config.units import parse_duration
from warlogix.errors import Malformed
from warlogix.tailing.records import TOPICS, Kind
from warlogix.topics import Topic

_MADE_OF = {topic: kind for kind, topic in TOPICS.items() if kind is not Kind.PACKS}


@dataclass(frozen=True, slots=True)
class Source:
    """A cluster and the topics to read there; `kinds` tells what each of our own carries."""

    cluster: Cluster
    topics: tuple[str, ...]
    kinds: Mapping[str, Kind]


def kind_of(what: str) -> Kind | None:
    """The kind that a word of the command line means, None for the name of a topic."""
    return Kind(what) if what in list(Kind) else None


def source_of(config: Config, cluster: ClusterConfig, what: str) -> Source:
    """Where a cluster has what was asked for: a kind, or a topic by its full name."""
    kinds = {cluster.topic(config.namespace, topic): kind for topic, kind in _MADE_OF.items()}
    used = topics_in_use(config, cluster)
    kinds |= {each.spec.name: _MADE_OF[each.purpose] for each in used}
    kind = kind_of(what)
    if kind is None:
        topics: tuple[str, ...] = (what,)
    elif kind is Kind.TRIGGERS:
        own = [each.spec.name for each in used if each.purpose is Topic.TRIGGERS]
        topics = tuple(own) or (cluster.topic(config.namespace, Topic.TRIGGERS),)
    else:
        topics = (cluster.topic(config.namespace, TOPICS[kind]),)
    return Source(cluster.settings(), topics, kinds)


def doubts(
    config: Config, sources: Sequence[Source], what: str, plc: str, tag: str
) -> Iterator[str]:
    """What this configuration does not know: it may be another gateway's, or misspelt."""
    ours = any(what in source.kinds for source in sources)
    if kind_of(what) is None and not ours and (meant := nearest(what, [*Kind])):
        yield f'"{what}" is taken as the name of a topic{meant}'
    if unknown := doubt(config, plc, tag):
        yield unknown


def parse_since(text: str, now: datetime) -> int:
    """Ms since 1970 of `10m` (before `now`), of a time of today, or of a date with a time.

    What has no zone is local time. Raises `Malformed`, for the future too.
    """
    moment = _moment(text.strip(), now)
    if moment > now:
        raise Malformed(f'"{text}" is in the future', "give a time that has passed")
    return max(0, round(moment.timestamp() * 1000))


def _moment(text: str, now: datetime) -> datetime:
    with suppress(Malformed):
        return now - timedelta(seconds=parse_duration(text))
    forms = [text]
    if ":" in text:
        forms.append(f"{now.astimezone():%Y-%m-%d} {text}")
    for form in forms:
        with suppress(ValueError, OverflowError):
            return datetime.fromisoformat(form).astimezone()
    raise Malformed(
        f'"{text}" is neither a duration nor a time',
        'write "10m", "10:30", "2024-01-15 10:30" or "2024-01-15T10:30:00Z"',
    )
