"""Clusters: brokers, security that contradicts itself, options, headers, writeback."""

from collections.abc import Iterator
from difflib import get_close_matches

from warlogix.config.hosts import parse_host
from warlogix.config.kafka import ClusterConfig, TopicConfig
from warlogix.config.model import Config
from warlogix.config.options import ALLOWED, REFUSED
from warlogix.config.shown import place as at
from warlogix.config.structure import HOLE
from warlogix.config.units import duration_text
from warlogix.errors import Fault, Malformed
from warlogix.topics import Topic

_TLS_KEYS = (
    "tls_skip_verify",
    "tls_ca_file",
    "tls_cert_file",
    "tls_key_file",
    "tls_key_password",
    "tls_key_password_file",
)
_DEFAULT_PORT = 9092


def check_kafka(config: Config) -> Iterator[Fault]:
    """Every cluster, and those that would execute each other's write requests."""
    for i, cluster in enumerate(config.kafka):
        place = f"kafka[{i}]"
        yield from _brokers(place, cluster)
        yield from _tls(place, cluster)
        yield from _sasl(place, cluster)
        yield from _options(place, cluster)
        yield from _headers(place, cluster)
        yield from _topics(place, cluster)
        yield from _ages(place, cluster)
    yield from _shared_writes(config)


def _brokers(place: str, cluster: ClusterConfig) -> Iterator[Fault]:
    for k, broker in enumerate(cluster.brokers):
        if broker == HOLE:
            continue
        try:
            parse_host(broker)
        except Malformed as exc:
            remedy = 'write host:port, for example "kafka1.example.org:9092"'
            yield Fault(f"{place}.brokers[{k}]", exc.fact, remedy)


def _tls(place: str, cluster: ClusterConfig) -> Iterator[Fault]:
    if not cluster.use_tls:
        for key in _TLS_KEYS:
            if getattr(cluster, key):
                fact = "has no effect, because use_tls is off"
                yield Fault(f"{place}.{key}", fact, "set use_tls = true, or leave it out")
        return
    if cluster.tls_key_file and not cluster.tls_cert_file:
        yield Fault(f"{place}.tls_cert_file", "is missing beside tls_key_file", "add it")
    if cluster.tls_cert_file and not cluster.tls_key_file:
        yield Fault(f"{place}.tls_key_file", "is missing beside tls_cert_file", "add it")
    if cluster.tls_key_password is not None and cluster.tls_key_password_file:
        yield _both(place, "tls_key_password")
    key_password = cluster.tls_key_password is not None or cluster.tls_key_password_file
    if key_password and not cluster.tls_key_file:
        fact = "is missing, but there is a password for it"
        yield Fault(f"{place}.tls_key_file", fact, "add it, or leave the password out")


def _sasl(place: str, cluster: ClusterConfig) -> Iterator[Fault]:
    if cluster.password is not None and cluster.password_file:
        yield _both(place, "password")
    has_password = cluster.password is not None or bool(cluster.password_file)
    if cluster.sasl_mechanism is None:
        if cluster.username or has_password:
            fact = "is missing, so username and password would not be used"
            remedy = 'add sasl_mechanism = "SCRAM-SHA-512", "SCRAM-SHA-256" or "PLAIN"'
            yield Fault(f"{place}.sasl_mechanism", fact, remedy)
        return
    if cluster.sasl_mechanism == "OAUTHBEARER":
        yield from _token(place, cluster)
        return
    if not cluster.username:
        yield Fault(f"{place}.username", f"is missing for {cluster.sasl_mechanism}", "add it")
    if not has_password:
        fact = f"is missing for {cluster.sasl_mechanism}"
        remedy = 'add password = "${KAFKA_PASSWORD}", or password_file'
        yield Fault(f"{place}.password", fact, remedy)
    elif cluster.password is not None and not cluster.password.get_secret_value():
        yield Fault(f"{place}.password", "is empty", "write it, or use password_file")


def _token(place: str, cluster: ClusterConfig) -> Iterator[Fault]:
    for key in ("username", "password", "password_file"):
        if getattr(cluster, key):
            fact = "has no effect with OAUTHBEARER"
            yield Fault(f"{place}.{key}", fact, "leave it out: options say where tokens come from")
    if not any(name.startswith("sasl.oauthbearer.") for name in cluster.options):
        fact = "do not say where the tokens of OAUTHBEARER come from"
        remedy = 'add "sasl.oauthbearer.method" = "oidc" and the others of sasl.oauthbearer.*'
        yield Fault(f"{place}.options", fact, remedy)


def _both(place: str, key: str) -> Fault:
    return Fault(f"{place}.{key}_file", f"is there beside {key}", "keep one of the two")


def _options(place: str, cluster: ClusterConfig) -> Iterator[Fault]:
    for name in cluster.options:
        where = f"{place}.options.{at([name])}"
        if name in REFUSED:
            yield Fault(where, "is set by warlogix itself", REFUSED[name])
        elif name not in ALLOWED:
            near = get_close_matches(name.lower().replace("_", ".")[:100], ALLOWED, n=1)
            remedy = f'did you mean "{near[0]}"?' if near else "leave it out"
            yield Fault(where, "is not an option of librdkafka", remedy)


def _headers(place: str, cluster: ClusterConfig) -> Iterator[Fault]:
    for name in cluster.headers:
        if not name or not name.isprintable():
            where = f"{place}.headers.{at([name])}"
            yield Fault(where, "is no name of a header", "use characters that can be printed")


def _topics(place: str, cluster: ClusterConfig) -> Iterator[Fault]:
    for topic in Topic:
        settings = cluster.topics.of(topic)
        where = f"{place}.topics.{topic.value}"
        for name in settings.__pydantic_extra__:
            yield from _topic_option(f"{where}.{at([name])}", name)
        if settings.retention is not None and "retention.ms" in settings.__pydantic_extra__:
            yield Fault(f'{where}."retention.ms"', "is there beside retention", "keep one of them")
        if settings.cleanup_policy and "cleanup.policy" in settings.__pydantic_extra__:
            fact = "is there beside cleanup_policy"
            yield Fault(f'{where}."cleanup.policy"', fact, "keep one of them")


def _topic_option(place: str, name: str) -> Iterator[Fault]:
    # Kafka's own names have dots, all but this one; whether they exist, the broker knows.
    if ("." in name and name.isprintable()) or name == "preallocate":
        return
    known = [*TopicConfig.model_fields, "retention.ms", "max.message.bytes", "segment.bytes"]
    near = get_close_matches(name.lower()[:100], known, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"known keys here: {', '.join(known)}, …"
    yield Fault(place, "is not a known key", remedy)


def _ages(place: str, cluster: ClusterConfig) -> Iterator[Fault]:
    if cluster.write_max_age <= cluster.write_batch_window:
        fact = (
            f"{duration_text(cluster.write_max_age)} is not longer than write_batch_window"
            f" ({duration_text(cluster.write_batch_window)}), so every request would expire"
        )
        yield Fault(f"{place}.write_max_age", fact, "make it longer, or the window shorter")


def _shared_writes(config: Config) -> Iterator[Fault]:
    """Two clusters with writeback that are one: each request would be executed twice."""
    owners: dict[tuple[str | None, tuple[str, int]], int] = {}
    for i, cluster in enumerate(config.kafka):
        if not (cluster.enabled and cluster.enable_writeback):
            continue
        known = [owners.setdefault((cluster.selector, host), i) for host in _hosts(cluster)]
        if any(j != i for j in known):
            j = min(known)
            fact = (
                f"is the same as of kafka[{j}], with a broker in common: one write topic for both"
            )
            remedy = "give it a selector of its own, or switch writeback off in one of them"
            yield Fault(f"kafka[{i}].selector", fact, remedy)


def _hosts(cluster: ClusterConfig) -> list[tuple[str, int]]:
    hosts = []
    for broker in cluster.brokers:
        try:
            host, port = parse_host(broker)
        except Malformed:
            continue
        hosts.append((host.lower().rstrip("."), port or _DEFAULT_PORT))
    return hosts
