"""A real Apache Kafka that asks who is there: TLS, client certificates, SASL and ACLs.

    with open_secure_broker(folder) as secure:
        secure.addresses["sasl"]                     # a listener's host:port, by its name
        secure.certificates.ca                       # what its clients trust
        password = secure.user("gateway")            # SCRAM-SHA-512 knows this user from now on
        secure.grant("gateway", Acl("TOPIC", "factory", "WRITE"))

Listeners, all on 127.0.0.1; what a principal may do is for ACLs alone, on each of them:

- `tls`, `expired`, `elsewhere`: TLS; the last two with a certificate that is out of date, or that
  names another host. Whoever comes is ANONYMOUS.
- `mtls`: TLS with a client certificate, whose CN is the principal.
- `sasl`: TLS with PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. `oauth`: TLS with OAUTHBEARER alone,
  which takes unsigned tokens; `sub` is the principal.
- `plaintext`, `sasl_plaintext` (PLAIN and SCRAM): without TLS.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it names its own only
    AclBinding,
    AclBindingFilter,
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from tests.brokers import QUIET, STEADY, Broker, Layout, open_broker_of, reserved_port
from tests.certificates import Certificates

LIMIT = 20.0
# Seconds until a broker goes by what its controller knows.
SETTLED = 60
# PLAIN knows the users that stand in the broker's file, and no others.
PLAIN_USERS = {"plain-user": "plain-user-secret"}

_TLS = ("tls", "mtls", "expired", "elsewhere")
_PROTOCOLS = {
    **dict.fromkeys(_TLS, "SSL"),
    "sasl": "SASL_SSL",
    "oauth": "SASL_SSL",
    "plaintext": "PLAINTEXT",
    "sasl_plaintext": "SASL_PLAINTEXT",
}
_PROPERTIES = """\
listeners={listeners},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={listeners}
listener.security.protocol.map={protocols},CONTROLLER:SSL
inter.broker.listener.name=MTLS
ssl.keystore.type=PEM
ssl.keystore.location={good}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
ssl.principal.mapping.rules=RULE:^CN=([^,]+),.*$/$1/,DEFAULT
listener.name.mtls.ssl.client.auth=required
listener.name.controller.ssl.client.auth=required
listener.name.expired.ssl.keystore.type=PEM
listener.name.expired.ssl.keystore.location={expired}
listener.name.elsewhere.ssl.keystore.type=PEM
listener.name.elsewhere.ssl.keystore.location={elsewhere}
listener.name.oauth.sasl.enabled.mechanisms=OAUTHBEARER
listener.name.oauth.oauthbearer.sasl.jaas.config=\
org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:broker;User:operator
"""
_SASL = """\
listener.name.{name}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.{name}.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required {users};
listener.name.{name}.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.{name}.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
"""


@dataclass(frozen=True, slots=True)
class Acl:
    """Leave to do one thing, in Kafka's own words: `Acl("TOPIC", "factory", "WRITE")`."""

    resource: str
    name: str
    operation: str
    pattern: str = "LITERAL"


@contextmanager
def open_secure_broker(folder: Path) -> Iterator["SecureBroker"]:
    """Such a broker, running; `open_broker` tells what can go wrong and what is left."""
    certificates = Certificates(folder)
    with ExitStack() as held:
        ports = {name: held.enter_context(reserved_port(0)) for name in _PROTOCOLS}
        controller = held.enter_context(reserved_port(0))
        addresses = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
        operator = _operator(addresses["mtls"], certificates)
        listeners = _listeners(addresses, controller, certificates) + STEADY
        layout = Layout(listeners, controller, operator)
        with open_broker_of(folder, layout) as broker:
            yield SecureBroker(broker, addresses, certificates, operator)


class SecureBroker:
    """A broker that asks; `operator` are the settings of a client that may do everything."""

    def __init__(
        self,
        broker: Broker,
        addresses: Mapping[str, str],
        certificates: Certificates,
        operator: Mapping[str, str],
    ) -> None:
        self.broker = broker
        self.addresses = addresses
        self.certificates = certificates
        self.operator = operator
        self._admin = AdminClient({**operator, **QUIET})

    def user(self, name: str, mechanism: str = "SCRAM-SHA-512") -> str:
        """Make a user that the mechanism knows from now on; its password."""
        password = f"{name}-secret"
        kind = ScramMechanism[mechanism.replace("-", "_")]
        info = ScramCredentialInfo(kind, 4096)
        upsertion = UserScramCredentialUpsertion(name, info, password.encode())
        self._admin.alter_user_scram_credentials([upsertion])[name].result(LIMIT)
        return password

    def grant(self, principal: str, *acls: Acl) -> None:
        """Let `User:principal` do these things, as soon as this returns."""
        bindings = [AclBinding(*_parts(principal, acl)) for acl in acls]
        for future in self._admin.create_acls(bindings).values():
            future.result(LIMIT)
        self._settle(lambda: all(self._knows(principal, acl) for acl in acls))

    def revoke(self, principal: str, *acls: Acl) -> None:
        """Take these, granted before, away again."""
        filters = [AclBindingFilter(*_parts(principal, acl)) for acl in acls]
        for future in self._admin.delete_acls(filters).values():
            assert future.result(LIMIT), f"{principal} was not granted all of {acls}"
        self._settle(lambda: not any(self._knows(principal, acl) for acl in acls))

    def _settle(self, settled: Callable[[], bool]) -> None:
        """Ask until it is so."""
        deadline = time.monotonic() + SETTLED
        while not settled():
            assert time.monotonic() < deadline, f"the broker does not go by it after {SETTLED} s"

    def _knows(self, principal: str, acl: Acl) -> bool:
        """Whether the broker, not the controller alone, goes by this one."""
        asked = self._admin.describe_acls(AclBindingFilter(*_parts(principal, acl)))
        return bool(asked.result(LIMIT))


def _operator(address: str, certificates: Certificates) -> Mapping[str, str]:
    pair = certificates.client("operator")
    return {
        "bootstrap.servers": address,
        "security.protocol": "SSL",
        "ssl.ca.location": str(certificates.ca),
        "ssl.certificate.location": str(pair.cert),
        "ssl.key.location": str(pair.key),
    }


def _listeners(addresses: Mapping[str, str], controller: int, certificates: Certificates) -> str:
    here = ["127.0.0.1", "localhost"]
    users = " ".join(f'user_{name}="{password}"' for name, password in PLAIN_USERS.items())
    text = _PROPERTIES.format(
        listeners=",".join(f"{name.upper()}://{where}" for name, where in addresses.items()),
        controller=controller,
        protocols=",".join(f"{name.upper()}:{spoken}" for name, spoken in _PROTOCOLS.items()),
        ca=certificates.ca,
        good=certificates.store("broker", here),
        expired=certificates.store("broker", here, days=-1),
        elsewhere=certificates.store("broker", ["kafka.example.org"]),
    )
    sasl = (_SASL.format(name=name, users=users) for name in ("sasl", "sasl_plaintext"))
    return text + "".join(sasl)


def _parts(principal: str, acl: Acl) -> tuple[str, str, str, str, str, str, str]:
    return (
        acl.resource,
        acl.name,
        acl.pattern,
        f"User:{principal}",
        "*",
        acl.operation,
        "ALLOW",
    )
