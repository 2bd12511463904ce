"""The testbed customer's Genesys Cloud: every value that only it has."""

from __future__ import annotations

REGION = "us-west-2"
ORG_ID = "7e57bed0-6e00-4000-8000-000000000001"
ORG_NAME = "Testbed Customer"
ORG_SHORT_NAME = "acme"  # thirdPartyOrgName: unique among all organizations
CLIENT_ID = "7e57bed0-6e00-4000-8000-0000000000c1"
SITE_ID = "7e57bed0-6e00-4000-8000-000000000051"
SITE = "Acme Main Site"
CARRIER_TRUNK = "Acme PSTN Carrier"  # the trunk to the telephone network: production
TERMINATION_IDENTIFIER = "synthflow-acme"
CALLER_NAME = "Acme Reception"
INBOUND_FLOW = "Acme AI Reception"
TRANSFER_QUEUE = "Acme Support"
TRANSFER_FLOW = "Acme Transfer to Support"
SUPPORT_FLOW = "Acme Support Line"  # the existing flow behind SUPPORT_DID: production

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
        CLIENT_ID,
        SITE,
        TERMINATION_IDENTIFIER,
        CALLER_NAME,
        INBOUND_FLOW,
        TRANSFER_QUEUE,
        TRANSFER_FLOW,
        SUPPORT_FLOW,
    }
)
