"""Certificates for brokers and clients, good ones and each kind of bad one, made as they are asked.

certificates = Certificates(folder)
certificates.ca                                    # what a client trusts
pair = certificates.client("gateway")              # pair.cert, pair.key
locked = certificates.locked(pair, "secret")       # the same, its key under a password
store = certificates.store("broker", ["127.0.0.1"], days=-1)     # for Kafka, expired
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, PEM files both."""

    cert: Path
    key: Path


class Certificates:
    """Two authorities that know nothing of each other, and what they sign; all in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ours = trustme.CA()
        self._foreign = trustme.CA(organization_name="somebody else")
        self.ca = folder / "ca.pem"
        self.foreign_ca = folder / "foreign-ca.pem"
        self._ours.cert_pem.write_to_path(self.ca)
        self._foreign.cert_pem.write_to_path(self.foreign_ca)

    def client(self, name: str, days: int = 1) -> Pair:
        """A client's certificate for this name (its principal), good for so many days from now."""
        return self._write(_issued(self._ours, name, [f"{name}.client"], days))

    def foreign_client(self, name: str) -> Pair:
        """One that the other authority signed: no broker of ours trusts it."""
        return self._write(_issued(self._foreign, name, [f"{name}.client"], 1))

    def locked(self, pair: Pair, password: str) -> Pair:
        """The same certificate, its key under a password."""
        key = load_pem_private_key(pair.key.read_bytes(), None)
        text = key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode())
        )
        locked = pair.key.with_suffix(".locked")
        locked.write_bytes(text)
        return Pair(pair.cert, locked)

    def store(self, name: str, hosts: Sequence[str], days: int = 1) -> Path:
        """A broker's key and certificate in one file, as Kafka reads them."""
        pair = self._write(_issued(self._ours, name, hosts, days))
        store = pair.cert.with_suffix(".store")
        store.write_bytes(pair.key.read_bytes() + pair.cert.read_bytes())
        return store

    def _write(self, leaf: trustme.LeafCert) -> Pair:
        path = self._folder / uuid4().hex
        pair = Pair(path.with_suffix(".pem"), path.with_suffix(".key"))
        pair.cert.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        # Kafka reads PKCS#8 alone.
        key = load_pem_private_key(leaf.private_key_pem.bytes(), None)
        pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return pair


def _issued(ca: trustme.CA, name: str, hosts: Sequence[str], days: int) -> trustme.LeafCert:
    """Good from some days ago until `days` from now."""
    now = datetime.now(UTC)
    begin, end = now - timedelta(days=9), now + timedelta(days=days)
    return ca.issue_cert(*hosts, common_name=name, not_before=begin, not_after=end)
