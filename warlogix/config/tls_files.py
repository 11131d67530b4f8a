"""Whether the files of a TLS connection can be used, told by their keys in the configuration.

    files = TlsFiles("ca.pem", "gateway.pem", "gateway.key", password)
    unusable(files)             # "", or what is wrong with which key
    out_of_date(files)          # "", or that the client's certificate is

Everything blocks, for milliseconds; nothing is connected.
"""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from warlogix.clusters import Cluster

_EXPIRED, _NOT_YET = 10, 9
_LARGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The files of a cluster, "" where there is none; without `ca` the system's CAs count."""

    ca: str = ""
    certificate: str = ""
    key: str = ""
    key_password: str = field(default="", repr=False)


def tls_files(cluster: Cluster) -> TlsFiles:
    """The files that a cluster's TLS connections need."""
    return TlsFiles(
        cluster.tls_ca_file, cluster.tls_cert_file, cluster.tls_key_file, cluster.tls_key_password
    )


def unusable(files: TlsFiles) -> str:
    """What is wrong with a file, "" when all can be used."""
    named = {"tls_cert_file": files.certificate, "tls_key_file": files.key}
    # OpenSSL also takes a folder of CAs.
    if not Path(files.ca).is_dir():
        named = {"tls_ca_file": files.ca, **named}
    for key, name in named.items():
        if name and (reason := _unreadable(name)):
            return f"{key} cannot be used: {reason}"
    if files.ca:
        try:
            trust(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), files)
        except (OSError, ValueError):
            return f"tls_ca_file cannot be used: there is no certificate (PEM) in {files.ca}"
    try:
        identify(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), files)
    except (OSError, ValueError) as exc:
        return _unusable_pair(files, exc)
    return ""


def trust(context: ssl.SSLContext, files: TlsFiles) -> None:
    """Trust the CAs of the file, or the system's. *Errors*: `OSError`."""
    if Path(files.ca).is_file():
        context.load_verify_locations(files.ca)
    elif files.ca:
        context.load_verify_locations(capath=files.ca)
    else:
        context.load_default_certs()


def identify(context: ssl.SSLContext, files: TlsFiles) -> None:
    """Show the client's certificate, where there is one. *Errors*: `OSError`, `ValueError`."""
    if files.certificate and files.key:
        # Without a password of ours OpenSSL would ask for one on the terminal.
        context.load_cert_chain(files.certificate, files.key, lambda: files.key_password)


def out_of_date(files: TlsFiles) -> str:
    """That the client's certificate has expired or is not valid yet; "" when neither is so."""
    if not files.certificate or unusable(files):
        return ""
    match _judged_by_itself(files):
        case n if n == _EXPIRED:
            return "the client certificate has expired: put a new one into tls_cert_file"
        case n if n == _NOT_YET:
            return "the client certificate is not valid yet: check this machine's clock"
        case _:
            return ""


def _unreadable(name: str) -> str:
    path = Path(name)
    try:
        if path.is_dir():
            return f"{name} is a folder"
        with path.open("rb") as file:
            return "" if file.read(_LARGEST).strip() else f"{name} is empty"
    except FileNotFoundError:
        return f"there is no file {name}"
    except (OSError, ValueError) as exc:
        reason = (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
        return f"{name} cannot be read: {reason}"


def _unusable_pair(files: TlsFiles, exc: OSError | ValueError) -> str:
    if isinstance(exc, ssl.SSLError) and exc.reason == "KEY_VALUES_MISMATCH":
        return "tls_key_file does not belong to the certificate in tls_cert_file: check both"
    if not _holds(files.certificate, b"CERTIFICATE"):
        return f"tls_cert_file cannot be used: there is no certificate (PEM) in {files.certificate}"
    if not _holds(files.key, b"PRIVATE KEY"):
        return f"tls_key_file cannot be used: there is no private key (PEM) in {files.key}"
    if not _holds(files.key, b"ENCRYPTED"):
        return f"tls_cert_file or tls_key_file cannot be used: {_reason(exc)}"
    if not files.key_password:
        return "tls_key_file is encrypted: set tls_key_password or tls_key_password_file"
    return "tls_key_file cannot be opened: check tls_key_password"


def _holds(name: str, word: bytes) -> bool:
    """Whether one of a PEM file's frames names this."""
    lines = Path(name).read_bytes()[:_LARGEST].splitlines()
    return any(word in line for line in lines if line.startswith((b"-----BEGIN ", b"Proc-Type:")))


def _reason(exc: OSError | ValueError) -> str:
    """OpenSSL's words without the line of C that they come from."""
    return str(exc).partition(" (_ssl.c")[0]


def _judged_by_itself(files: TlsFiles) -> int:
    """OpenSSL's verdict on the client's certificate, trusted for this one question.

    The certificate is shown to a server in memory that knows no other.
    """
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    server.verify_mode = ssl.CERT_REQUIRED
    server.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    server.load_verify_locations(files.certificate)
    for context in (client, server):
        identify(context, files)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True))
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as exc:
                return exc.verify_code
            except ssl.SSLError:
                return 0
    return 0
