"""Where Synthflow is for the contact center: host, port and digest realm."""

from __future__ import annotations

from sfsip_nb.inputs import facts
from sfsip_nb.inputs.schema import Parameters


def host(parameters: Parameters) -> str:
    """Synthflow's SIP host for the workspace's region (the guides name the Global one)."""
    return facts.synthflow_regions()[parameters.synthflow.region].sip


def port(parameters: Parameters) -> int:
    """32681 for UDP and TCP, 32682 for TLS."""
    return facts.synthflow_port(parameters.sip.transport)


def place(parameters: Parameters) -> tuple[str, int]:
    """Where the contact center sends calls: the SIP host, and its port."""
    return host(parameters), port(parameters)


def realm(parameters: Parameters) -> str:
    """The realm that digest credentials belong to."""
    return parameters.sip.realm or host(parameters)
