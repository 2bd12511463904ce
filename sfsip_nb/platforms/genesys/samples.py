"""The testbed customer's Genesys Cloud, as far as inputs and administrator go."""

from __future__ import annotations

from sfsip_nb.inputs import samples

ADMINISTRATOR_STEPS = (
    "access.synthflow",
    "trunk.inbound",
    "trunk.outbound",
    "trunk.acl",
    "routing.inbound",
    "routing.transfer",
    "verify.outbound",
)

SECRETS = {"genesys-client-secret": "gcs-7e57bed0/T'v&<w>+\"h\\31="}

IDENTIFYING = frozenset(
    {
        samples.GENESYS_CLIENT_ID,
        samples.GENESYS_SITE,
        samples.TERMINATION_IDENTIFIER,
        samples.CALLER_NAME,
        samples.INBOUND_FLOW,
        samples.TRANSFER_QUEUE,
        samples.TRANSFER_FLOW,
        samples.SUPPORT_FLOW,
    }
)
