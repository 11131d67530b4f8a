"""Which options of librdkafka a cluster may pass, and why not the others.

Refused is what warlogix sets itself, and what one of its promises rests on.
"""

_ONE_ORDER = "leave it out: messages keep their order per key, and none is given up"
_CALLER = "leave it out: warlogix decides this for each thing that it reads"

# Option → what to do instead.
REFUSED = {
    "bootstrap.servers": "use brokers",
    "metadata.broker.list": "use brokers",
    "client.id": "use instance, at the top",
    "security.protocol": "use use_tls and sasl_mechanism",
    "ssl.ca.location": "use tls_ca_file",
    "ssl.ca.pem": "use tls_ca_file",
    "ssl.certificate.location": "use tls_cert_file",
    "ssl.certificate.pem": "use tls_cert_file",
    "ssl.key.location": "use tls_key_file",
    "ssl.key.pem": "use tls_key_file",
    "ssl.key.password": "use tls_key_password",
    "enable.ssl.certificate.verification": "use tls_skip_verify",
    "ssl.endpoint.identification.algorithm": "use tls_skip_verify",
    "sasl.mechanism": "use sasl_mechanism",
    "sasl.mechanisms": "use sasl_mechanism",
    "sasl.username": "use username",
    "sasl.password": "use password or password_file",
    "acks": "use required_acks",
    "request.required.acks": "use required_acks",
    "enable.idempotence": "use required_acks: -1 is idempotent, 1 and 0 are not",
    "retries": "use max_retries",
    "message.send.max.retries": "use max_retries",
    "retry.backoff.ms": "use retry_backoff",
    "retry.backoff.max.ms": "use retry_backoff",
    "compression.type": "use compression",
    "compression.codec": "use compression",
    "allow.auto.create.topics": "use auto_create_topics",
    "group.id": "use consumer_group",
    "max.in.flight": _ONE_ORDER,
    "max.in.flight.requests.per.connection": _ONE_ORDER,
    "message.timeout.ms": _ONE_ORDER,
    "delivery.timeout.ms": _ONE_ORDER,
    "queuing.strategy": _ONE_ORDER,
    "enable.gapless.guarantee": _ONE_ORDER,
    "partitioner": "leave it out: keys go to the partitions that Java clients choose (murmur2)",
    "transactional.id": "leave it out: the buffer on disk decides what is sent again",
    "transaction.timeout.ms": "leave it out: the buffer on disk decides what is sent again",
    "delivery.report.only.error": "leave it out: every message is confirmed",
    "produce.offset.report": "leave it out: every message is confirmed",
    "queue.buffering.max.messages": "use [buffer] max_size: what waits, waits on disk",
    "queue.buffering.max.kbytes": "use [buffer] max_size: what waits, waits on disk",
    "enable.auto.commit": "leave it out: a write request is executed at most once",
    "auto.commit.enable": "leave it out: a write request is executed at most once",
    "auto.commit.interval.ms": "leave it out: a write request is executed at most once",
    "enable.auto.offset.store": "leave it out: a write request is executed at most once",
    "offset.store.method": "leave it out: a write request is executed at most once",
    "session.timeout.ms": "leave it out: a take-over is done within 15 s",
    "heartbeat.interval.ms": "leave it out: a take-over is done within 15 s",
    "max.poll.interval.ms": "leave it out: a take-over is done within 15 s",
    "reconnect.backoff.ms": "leave it out: a broker that is back is used within 10 s",
    "reconnect.backoff.max.ms": "leave it out: a broker that is back is used within 10 s",
    "partition.assignment.strategy": "leave it out: instances give partitions over one by one",
    "group.protocol.type": "leave it out: instances give partitions over one by one",
    "group.instance.id": "leave it out: what an instance that ends had is taken over at once",
    "isolation.level": "leave it out: a request of a transaction that was aborted is not executed",
    "topic.blacklist": "leave it out: only topics that the configuration names are used",
    "auto.offset.reset": _CALLER,
    "enable.partition.eof": _CALLER,
    "test.mock.num.brokers": "leave it out: it would replace your brokers by imitations",
    "test.mock.broker.rtt": "leave it out: it would replace your brokers by imitations",
}

# Every other option that librdkafka 2.16 takes as a text.
_ALLOWED = """
api.version.fallback.ms api.version.request api.version.request.timeout.ms batch.num.messages
batch.size broker.address.family broker.address.ttl broker.version.fallback builtin.features
check.crcs client.dns.lookup client.rack client.software.name client.software.version
compression.level connections.max.idle.ms consume.callback.max.messages
coordinator.query.interval.ms debug enable.metrics.push enable.random.seed
enable.sasl.oauthbearer.unsecure.jwt enable.sparse.connections fetch.error.backoff.ms
fetch.max.bytes fetch.message.max.bytes fetch.min.bytes fetch.queue.backoff.ms fetch.wait.max.ms
group.protocol group.remote.assignor https.ca.location https.ca.pem internal.termination.signal
linger.ms log.connection.close log.queue log.thread.name log_level max.partition.fetch.bytes
max.poll.records message.copy.max.bytes message.max.bytes metadata.max.age.ms
metadata.recovery.rebootstrap.trigger.ms metadata.recovery.strategy metadata.request.timeout.ms
offset.store.path offset.store.sync.interval.ms plugin.library.paths
queue.buffering.backpressure.threshold queue.buffering.max.ms queued.max.messages.kbytes
queued.min.messages receive.message.max.bytes reconnect.backoff.jitter.ms request.timeout.ms
sasl.kerberos.keytab sasl.kerberos.kinit.cmd sasl.kerberos.min.time.before.relogin
sasl.kerberos.principal sasl.kerberos.service.name sasl.oauthbearer.assertion.algorithm
sasl.oauthbearer.assertion.claim.aud sasl.oauthbearer.assertion.claim.exp.seconds
sasl.oauthbearer.assertion.claim.iss sasl.oauthbearer.assertion.claim.jti.include
sasl.oauthbearer.assertion.claim.nbf.seconds sasl.oauthbearer.assertion.claim.sub
sasl.oauthbearer.assertion.file sasl.oauthbearer.assertion.jwt.template.file
sasl.oauthbearer.assertion.private.key.file sasl.oauthbearer.assertion.private.key.passphrase
sasl.oauthbearer.assertion.private.key.pem sasl.oauthbearer.client.credentials.client.id
sasl.oauthbearer.client.credentials.client.secret sasl.oauthbearer.client.id
sasl.oauthbearer.client.secret sasl.oauthbearer.config sasl.oauthbearer.extensions
sasl.oauthbearer.grant.type sasl.oauthbearer.metadata.authentication.type sasl.oauthbearer.method
sasl.oauthbearer.scope sasl.oauthbearer.sub.claim.name sasl.oauthbearer.token.endpoint.url
share.acknowledgement.mode socket.blocking.max.ms socket.connection.setup.timeout.ms
socket.keepalive.enable socket.max.fails socket.nagle.disable socket.receive.buffer.bytes
socket.send.buffer.bytes socket.timeout.ms ssl.ca.certificate.stores ssl.cipher.suites
ssl.crl.location ssl.curves.list ssl.engine.id ssl.engine.location ssl.keystore.location
ssl.keystore.password ssl.providers ssl.sigalgs.list statistics.interval.ms
sticky.partitioning.linger.ms topic.metadata.propagation.max.ms topic.metadata.refresh.fast.cnt
topic.metadata.refresh.fast.interval.ms topic.metadata.refresh.interval.ms
topic.metadata.refresh.sparse
"""
ALLOWED = frozenset(_ALLOWED.split())
