"""The files of a TLS connection, and what each wrong one is called."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.certificates import Certificates
from warlogix.config.tls_files import TlsFiles, out_of_date, unusable


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    """Authorities of the test's own."""
    return Certificates(tmp_path)


def files(certificates: Certificates, days: int = 1) -> TlsFiles:
    """Files that can be used, of a client whose certificate is good for so many days."""
    pair = certificates.client("gateway", days)
    return TlsFiles(str(certificates.ca), str(pair.cert), str(pair.key))


def test_good_files_have_no_fault(certificates: Certificates) -> None:
    """Files that belong together, an encrypted key with its password, and no files at all."""
    good = files(certificates)
    assert unusable(good) == out_of_date(good) == ""
    assert unusable(TlsFiles()) == out_of_date(TlsFiles()) == ""
    pair = certificates.client("gateway")
    locked = certificates.locked(pair, "opens")
    opened = TlsFiles("", str(locked.cert), str(locked.key), "opens")
    assert unusable(opened) == out_of_date(opened) == ""


@pytest.mark.parametrize(
    ("field", "key"),
    [("ca", "tls_ca_file"), ("certificate", "tls_cert_file"), ("key", "tls_key_file")],
)
def test_each_file_is_named_by_its_key(
    certificates: Certificates, tmp_path: Path, field: str, key: str
) -> None:
    """A file that is not there, is empty or holds something else is told by its key and name."""
    good = files(certificates)
    for name, content in (("none", None), ("empty", ""), ("other", "no PEM at all\n")):
        path = tmp_path / name
        if content is not None:
            path.write_text(content)
        told = unusable(replace(good, **{field: str(path)}))
        assert told.startswith(f"{key} cannot be used: ")
        assert str(path) in told


def test_a_folder_is_no_key(certificates: Certificates, tmp_path: Path) -> None:
    """A folder may hold CAs, as OpenSSL has them, but is neither a certificate nor a key."""
    good = files(certificates)
    assert unusable(replace(good, ca=str(tmp_path))) == ""
    told = unusable(replace(good, key=str(tmp_path)))
    assert told == f"tls_key_file cannot be used: {tmp_path} is a folder"


def test_a_key_under_a_password_needs_it(certificates: Certificates) -> None:
    """A password that is missing or wrong is told apart, and appears in neither text."""
    locked = certificates.locked(certificates.client("gateway"), "opens")
    closed = TlsFiles("", str(locked.cert), str(locked.key))
    assert unusable(closed).startswith("tls_key_file is encrypted: set tls_key_password")
    wrong = replace(closed, key_password="does not open")
    assert unusable(wrong) == "tls_key_file cannot be opened: check tls_key_password"
    assert wrong.key_password not in repr(wrong)


def test_a_key_of_another_certificate_is_told(certificates: Certificates) -> None:
    """A key that does not belong to the certificate is told as that."""
    mixed = replace(files(certificates), key=str(certificates.client("other").key))
    assert "does not belong to the certificate in tls_cert_file" in unusable(mixed)


def test_an_expired_certificate_is_told(certificates: Certificates) -> None:
    """A client certificate whose time is over can be used as a file, and is told as expired."""
    expired = files(certificates, days=-1)
    assert unusable(expired) == ""
    assert out_of_date(expired).startswith("the client certificate has expired")
    assert out_of_date(replace(expired, key="no such file")) == ""
