"""Hosts and ports as people write them: `host`, `host:port`, `[::1]:102`."""

import ipaddress
import re

from warlogix.config.shown import shown
from warlogix.errors import Malformed

# Labels of DNS: none is empty, none has more than 63 characters; a dot may end the last.
_LABEL = "[A-Za-z0-9_-]{1,63}"
_NAME = re.compile(rf"(?=[^-].{{0,253}}$){_LABEL}(?:\.{_LABEL})*(?<!-)\.?")
_REMEDY = "write a host or host:port, for example 192.168.1.10 or plc1.example.org:102"


def parse_host(text: str) -> tuple[str, int | None]:
    """Host and port; None where no port is given. Raises `Malformed`."""
    if _is_ipv6(text):
        return text, None
    host, colon, digits = text.rpartition(":") if ":" in text else (text, "", "")
    inner = host[1:-1] if host.startswith("[") and host.endswith("]") else ""
    if text.startswith("[") and text.endswith("]") and _is_ipv6(text[1:-1]):
        return text[1:-1], None
    is_host = _is_ipv6(inner) or _NAME.fullmatch(host) is not None
    if not is_host or (colon and not re.fullmatch("[0-9]+", digits)):
        raise _malformed(text, "is neither a host nor host:port")
    if colon and not (len(digits) < 6 and 0 < int(digits) < 65536):
        raise _malformed(text, "has no port from 1 to 65535 after the colon")
    return inner or host, int(digits) if colon else None


def shown_address(text: str) -> str:
    """An address as a fault may show it: one that may hold a user and a password is not shown."""
    host, _, behind = text.partition("]")
    rest = behind if host.startswith("[") and _is_ipv6(host[1:]) else text
    is_url = "@" in text or "://" in text or rest.count(":") > 1
    return "the address" if is_url else shown(text)


def _malformed(text: str, fact: str) -> Malformed:
    return Malformed(f"{shown_address(text)} {fact}", _REMEDY)


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
