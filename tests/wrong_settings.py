"""Clusters whose settings are wrong, one thing wrong with each, and what an operator must be told.

text = toml(secure)              # a [[kafka]] table for each of WRONG, by its name
lines = told(WRONG, said)        # what was said of each, cut to what should have been
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from tests.secure_broker import PLAIN_USERS, SecureBroker

KEY_PASSWORD = "secret-of-the-key"
_CA = 'use_tls = true\ntls_ca_file = "{ca}"\n'
_USER = 'username = "plain-user"\npassword = "{password}"\n'
_PLAIN = 'sasl_mechanism = "PLAIN"\n' + _USER
_SCRAM = 'sasl_mechanism = "SCRAM-SHA-512"\nusername = "{user}"\npassword = "{user}-secret"\n'

UNTRUSTED = "the broker's certificate is signed by no CA"
REFUSED = "the broker refuses the user or the password: check username, password and sasl_mechanism"
PLAINTEXT = (
    "the broker speaks no TLS on this port: set use_tls = false, or change brokers to its TLS port"
)
WANTS_SASL = "the broker wants SASL on this port: set sasl_mechanism to one of "
NO_SASL = (
    "the broker takes no SASL on this port: leave sasl_mechanism out, or change brokers to its "
    "SASL port"
)
SPEAKS_TLS = "the broker speaks TLS on this port: set use_tls = true"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A listener of the secure broker, keys of TOML that do not fit it, and the line to be told."""

    listener: str
    keys: str
    line: str


WRONG = {
    "foreign-ca": Wrong(
        "tls",
        'use_tls = true\ntls_ca_file = "{foreign_ca}"',
        f"{UNTRUSTED} in tls_ca_file: set tls_ca_file to the CA that signed it",
    ),
    "no-ca": Wrong(
        "tls",
        "use_tls = true",
        f"{UNTRUSTED} that this machine trusts: set tls_ca_file to the CA that signed it",
    ),
    "missing-ca": Wrong(
        "tls",
        'use_tls = true\ntls_ca_file = "/nowhere/ca.pem"',
        "tls_ca_file cannot be used",
    ),
    "other-host": Wrong(
        "elsewhere",
        _CA,
        "the broker's certificate is not for 127.0.0.1: change brokers to a name that is in the "
        "certificate",
    ),
    "expired": Wrong(
        "expired",
        _CA,
        "the broker's certificate, or its CA in tls_ca_file, has expired: renew it, and check this "
        "machine's clock",
    ),
    "no-certificate": Wrong(
        "mtls",
        _CA,
        "the broker wants a client certificate: set tls_cert_file and tls_key_file",
    ),
    "foreign-certificate": Wrong(
        "mtls",
        _CA + 'tls_cert_file = "{foreign_cert}"\ntls_key_file = "{foreign_key}"',
        "the broker does not trust the client certificate: check tls_cert_file",
    ),
    "expired-certificate": Wrong(
        "mtls",
        _CA + 'tls_cert_file = "{expired_cert}"\ntls_key_file = "{expired_key}"',
        "the client certificate has expired: put a new one into tls_cert_file",
    ),
    "wrong-key-password": Wrong(
        "mtls",
        _CA + 'tls_cert_file = "{cert}"\ntls_key_file = "{locked}"\ntls_key_password = "wrong"',
        "tls_key_file cannot be opened: check tls_key_password",
    ),
    "no-key-password": Wrong(
        "mtls",
        _CA + 'tls_cert_file = "{cert}"\ntls_key_file = "{locked}"',
        "tls_key_file is encrypted: set tls_key_password or tls_key_password_file",
    ),
    "other-key": Wrong(
        "mtls",
        _CA + 'tls_cert_file = "{cert}"\ntls_key_file = "{foreign_key}"',
        "tls_key_file does not belong to the certificate in tls_cert_file: check both",
    ),
    "wrong-password": Wrong("sasl", _CA + _PLAIN.replace("{password}", "wrong"), REFUSED),
    "unknown-user": Wrong("sasl", _CA + _SCRAM.replace("{user}", "nobody"), REFUSED),
    "scram-password": Wrong("sasl", _CA + _SCRAM.replace("{user}-", "wrong-"), REFUSED),
    "other-scram": Wrong(
        "sasl",
        _CA + _PLAIN.replace("{password}", "{user}-secret").replace("plain-user", "{user}"),
        REFUSED,
    ),
    "password-in-plaintext": Wrong(
        "sasl_plaintext", _PLAIN.replace("{password}", "wrong"), REFUSED
    ),
    "mechanism": Wrong(
        "oauth",
        _CA + _SCRAM,
        "the broker does not offer SCRAM-SHA-512 on this port: set sasl_mechanism to one that it "
        "does",
    ),
    "no-token": Wrong(
        "oauth",
        _CA + 'sasl_mechanism = "OAUTHBEARER"\n[kafka.options]\n'
        '"sasl.oauthbearer.method" = "oidc"\n"sasl.oauthbearer.client.id" = "gateway"\n'
        '"sasl.oauthbearer.client.secret" = "secret"\n'
        '"sasl.oauthbearer.token.endpoint.url" = "http://127.0.0.1:1/token"',
        "there is no token to show to the broker: check sasl.oauthbearer.* in options",
    ),
    "sasl-to-tls": Wrong("tls", _CA + _SCRAM, NO_SASL),
    "sasl-to-plaintext": Wrong("plaintext", _SCRAM, NO_SASL),
    "no-sasl": Wrong("sasl", _CA, f"{WANTS_SASL}PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"),
    "no-sasl-in-plaintext": Wrong("sasl_plaintext", "", WANTS_SASL),
    "no-tls": Wrong("tls", "", SPEAKS_TLS),
    "no-tls-for-sasl": Wrong("sasl", _SCRAM, SPEAKS_TLS),
    "no-tls-no-sasl": Wrong("sasl", "", SPEAKS_TLS),
    "tls-to-plaintext": Wrong("plaintext", _CA, PLAINTEXT),
    "tls-and-sasl-to-plaintext": Wrong("sasl_plaintext", _CA + _SCRAM, PLAINTEXT),
}


def toml(secure: SecureBroker) -> str:
    """A `[[kafka]]` table for each; the order is that of `WRONG`."""
    given = _given(secure)
    tables = []
    for name, wrong in WRONG.items():
        address = secure.addresses[wrong.listener]
        head = f'[[kafka]]\nname = "{name}"\nbrokers = ["{address}"]\n'
        tables.append(head + wrong.keys.format_map(given))
    return "\n".join(tables) + "\n"


def told(said: Mapping[str, str]) -> dict[str, str]:
    """What was said of each wrong cluster, as long as its line is: to be compared with `lines`."""
    return {name: said.get(name, "")[: len(wrong.line)] for name, wrong in WRONG.items()}


def lines() -> dict[str, str]:
    """What should be said of each, in front of the broker's address and the library's words."""
    return {name: wrong.line for name, wrong in WRONG.items()}


def _given(secure: SecureBroker) -> Mapping[str, str]:
    certificates = secure.certificates
    user = f"user-{uuid4().hex[:8]}"
    secure.user(user)
    pair = certificates.client("gateway")
    foreign = certificates.foreign_client("gateway")
    expired = certificates.client("gateway", days=-1)
    return {
        "ca": str(certificates.ca),
        "foreign_ca": str(certificates.foreign_ca),
        "cert": str(pair.cert),
        "locked": str(certificates.locked(pair, KEY_PASSWORD).key),
        "foreign_cert": str(foreign.cert),
        "foreign_key": str(foreign.key),
        "expired_cert": str(expired.cert),
        "expired_key": str(expired.key),
        "user": user,
        "password": PLAIN_USERS["plain-user"],
    }
