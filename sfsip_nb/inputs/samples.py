"""The testbed customer: every sample value, in this one place.

They are the defaults of the notebooks' parameters cells, what the testbed's world is built from,
and what a live run refuses. All are recognizable: ids begin with ``7e57bed0``, names say Acme or
Testbed, hosts end in ``.example`` (RFC 2606), and numbers use the unassigned area code 555.
"""

from __future__ import annotations

import os

from sfsip_nb.inputs.platform import platforms

CUSTOMER = "Testbed Customer"

# Numbers, E.164
DID = "+15551230001"  # the AI answers it
SPARE_DID = "+15551230002"  # free in the customer's pool
SUPPORT_DID = "+15551230050"  # owned by the customer's existing call route: production
TRANSFER_NUMBER = "+15551230090"  # reaches the live agents
DID_POOL = ("+15551230000", "+15551230099")
NUMBER_BLOCK = ("+15551231000", "+15551231199")  # free too, to rehearse with many numbers
CALLER = "+15550100123"  # an external caller, a test caller's From
CALLEE = "+15550100188"  # an external subscriber who answers
AI_CALLER_NUMBER = "+15550100177"  # of an assistant that places test calls

# SIP credentials of the trunk, and of the account from which test calls may be placed
SIP_USERNAME = "acme-trunk"
CALLER_USERNAME = "acme-test-caller"

# Synthflow
SYNTHFLOW_REGION = "us"
SYNTHFLOW_WORKSPACE_ID = "7e57bed00000x000000000000000001"
SYNTHFLOW_ASSISTANT_ID = "7e57bed0-5f00-4000-8000-000000000001"
SYNTHFLOW_ASSISTANT_NAME = "Acme Receptionist"
SYNTHFLOW_SECOND_ASSISTANT_ID = "7e57bed0-5f00-4000-8000-000000000003"
SYNTHFLOW_SECOND_ASSISTANT_NAME = "Acme Billing"  # inbound too, for numbers of its own
SYNTHFLOW_OTHER_ASSISTANT_ID = "7e57bed0-5f00-4000-8000-000000000002"
SYNTHFLOW_OTHER_ASSISTANT_NAME = "Acme Outbound"  # an outbound assistant, to be left alone
SYNTHFLOW_AI_CALLER_ID = "7e57bed0-5f00-4000-8000-000000000004"
SYNTHFLOW_AI_CALLER_NAME = "Acme Test Caller"  # an outbound assistant that may place test calls

TRUNK_NAME = "Synthflow AI"  # as the guides call it; not a sample, a live run may use it
ADMINISTRATOR = "Testbed administrator"  # the simulated person who carries out the cards

# Strings for secrets that exist on the testbed only. Each holds characters that URL quoting, JSON,
# Python's repr and HTML write differently, so that a leak in any form is noticed.
_SECRETS = {
    "synthflow-api-key": 'sfk.7e57bed0/Q"m&x<9>+\\Zr=24',
    "caller-password": "pbx-7e57bed0/D'f&<h>+\"l\\98%",
    "sip-password": "sip-7e57bed0/B'd&<f>+\"j\\76%",
}
_IDENTIFYING = frozenset(
    {
        CUSTOMER,
        DID,
        SPARE_DID,
        SUPPORT_DID,
        TRANSFER_NUMBER,
        CALLER,
        CALLEE,
        AI_CALLER_NUMBER,
        SIP_USERNAME,
        CALLER_USERNAME,
        SYNTHFLOW_WORKSPACE_ID,
        SYNTHFLOW_ASSISTANT_ID,
        SYNTHFLOW_ASSISTANT_NAME,
        SYNTHFLOW_SECOND_ASSISTANT_ID,
        SYNTHFLOW_SECOND_ASSISTANT_NAME,
        SYNTHFLOW_OTHER_ASSISTANT_ID,
        SYNTHFLOW_OTHER_ASSISTANT_NAME,
        SYNTHFLOW_AI_CALLER_ID,
        SYNTHFLOW_AI_CALLER_NAME,
        ADMINISTRATOR,
    }
)


def identifying() -> frozenset[str]:
    """Values that only the testbed customer has; a live run refuses each of them."""
    return _IDENTIFYING.union(*(platform.identifying for platform in platforms()))


def _secrets() -> dict[str, str]:
    found = dict(_SECRETS)
    for platform in platforms():
        found |= platform.secrets
    return found


def secret_names() -> tuple[str, ...]:
    """The names of the testbed's secrets."""
    return tuple(_secrets())


def testbed_secret(name: str) -> str:
    """The testbed's secret called `name` (one of `secret_names`).

    The environment variable ``SFSIP_TESTBED_<NAME>`` (capitals, underscores) overrides it, which
    lets a test plant strings that it then looks for. Raises KeyError for an unknown name.
    """
    default = _secrets()[name]
    return os.environ.get("SFSIP_TESTBED_" + name.upper().replace("-", "_")) or default
