"""A gateway's configuration with one PLC, for clusters that ask who is there.

    path = configured(folder, namespace, [cluster(namespace, "safe", address, keys)], plc.port)

Each cluster's topics begin with `NAMESPACE-NAME`, and so does its group.
"""

from collections.abc import Iterable
from pathlib import Path

from tests.secure_broker import SecureBroker

_HEAD = """
namespace = "{namespace}"
instance = "gateway-1"
poll_rate = "250ms"
buffer.directory = "{buffer}"
[[plcs]]
name = "Press"
family = "s7"
address = "127.0.0.1:{plc}"
slot = 1
tags = [{{ name = "DB1.DBD0", alias = "Tag0", data_type = "DINT", writable = true }}]
"""
_CLUSTER = """
[[kafka]]
name = "{name}"
selector = "{name}"
brokers = ["{address}"]
enable_writeback = {writeback}
write_max_age = "60s"
consumer_group = "{namespace}-{name}-writers"
{keys}
"""
_CERTIFICATE = """\
use_tls = true
tls_ca_file = "{ca}"
tls_cert_file = "{pair.cert}"
tls_key_file = "{pair.key}"
"""


def configured(folder: Path, namespace: str, clusters: Iterable[str], plc: int = 102) -> Path:
    """A file in `folder` with these clusters and a PLC at this port."""
    text = _HEAD.format(namespace=namespace, buffer=folder / "buffer", plc=plc)
    path = folder / "warlogix.toml"
    path.write_text(text + "".join(clusters))
    return path


def cluster(namespace: str, name: str, address: str, keys: str, writeback: str = "true") -> str:
    """A cluster at this address; `keys` are what its broker wants."""
    return _CLUSTER.format(
        namespace=namespace, name=name, address=address, keys=keys, writeback=writeback
    )


def certified(secure: SecureBroker, principal: str) -> str:
    """The keys of a client certificate that makes this principal."""
    pair = secure.certificates.client(principal)
    return _CERTIFICATE.format(ca=secure.certificates.ca, pair=pair)
