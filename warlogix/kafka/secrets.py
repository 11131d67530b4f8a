"""librdkafka's texts without what nobody may read in them.

    said = without_secrets(error.str(), cluster)

It quotes what it does not take, and repeats what a token endpoint says. Passwords are secrets, and
so is each value of `[kafka.options]`, except where the option is known to hold none.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote

from warlogix.clusters import Cluster
from warlogix.config.options import ALLOWED

HIDDEN = "…"
# Security's options begin like this; of these, some hold none.
_SECURITY = ("sasl.", "ssl.", "https.")
_HARMLESS = frozenset(name for name in ALLOWED if not name.startswith(_SECURITY)) | {
    "sasl.kerberos.min.time.before.relogin",
    "sasl.kerberos.service.name",
    "sasl.oauthbearer.assertion.claim.exp.seconds",
    "sasl.oauthbearer.assertion.claim.nbf.seconds",
}
_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_WORDS = frozenset(("true", "false", "default", "none", "oidc", "azure_imds", "RS256", "ES256"))
_WORDS |= {"client_credentials", _JWT}
# librdkafka quotes parts of it, of which nobody knows where they end.
_CONFIG = re.compile(r"(sasl\.oauthbearer\.config\b).*", re.DOTALL)
_CREDENTIALS = re.compile(r"\b(Basic|Bearer) +[\w+/=.~-]{6,}", re.IGNORECASE)
_USER_OF_URL = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_VALUES = re.compile(r"=([^\s,&]+)")
_QUERY = re.compile(r"(?<=\?)\S+")
# A shorter one counts as a word of its own alone: it may be a part of many others.
_SHORT = 6
_BEGINNING = 4


def without_secrets(text: str, cluster: Cluster) -> str:
    """The text, with `…` for each secret of the cluster's settings."""
    text = _CONFIG.sub(rf"\1 {HIDDEN}", text)
    text = _CREDENTIALS.sub(rf"\1 {HIDDEN}", text)
    for secret in sorted(set(_secrets(cluster)), key=len, reverse=True):
        if len(secret) >= _SHORT:
            text = _without_beginning(text.replace(secret, HIDDEN), secret)
        elif secret:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text)
    return text


def _without_beginning(text: str, secret: str) -> str:
    """librdkafka cuts long texts, maybe in the midst of a secret."""
    lengths = range(len(secret) - 1, _BEGINNING - 1, -1)
    left = next((size for size in lengths if text.endswith(secret[:size])), 0)
    return text[:-left] + HIDDEN if left else text


def _secrets(cluster: Cluster) -> Iterator[str]:
    """Each secret, also as it looks in a URL."""
    for secret in _as_written(cluster):
        yield from {secret, secret.strip(), quote(secret, safe="")}


def _as_written(cluster: Cluster) -> Iterator[str]:
    yield cluster.password
    yield cluster.tls_key_password
    for name, value in cluster.options.items():
        if name in _HARMLESS or value.strip() in _WORDS:
            continue
        yield value
        yield from _VALUES.findall(value)
        yield from _QUERY.findall(value)
        for user in _USER_OF_URL.findall(value):
            yield from (user, *user.split(":"))
