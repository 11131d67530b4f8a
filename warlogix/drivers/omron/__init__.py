"""Omron PLCs, by the protocol that the configuration names."""

from collections.abc import Callable, Mapping

from warlogix.drivers.omron.eip import OmronEipSession
from warlogix.drivers.omron.fins import FinsSession
from warlogix.drivers.session import Session, SessionDriver
from warlogix.tags import Endpoint

_SESSIONS: Mapping[str, Callable[[Endpoint], Session]] = {
    "fins": FinsSession,
    "eip": OmronEipSession,
}


def omron_driver(endpoint: Endpoint) -> SessionDriver:
    """A driver for an Omron PLC, not connected; FINS where no protocol is named."""
    return SessionDriver(endpoint, _SESSIONS[endpoint.protocol or "fins"])
