"""Echo, the smallest contact center there can be: one trunk by API, one card, one number."""

from __future__ import annotations

from sfsip_nb.inputs import fields as f
from sfsip_nb.inputs import samples
from sfsip_nb.inputs.blocks import Block, ask
from sfsip_nb.inputs.platform import Platform

HOST = "sbc.echo-testbed.example"


class Echo(Block):
    """What is asked about an Echo account."""

    api_key: f.Reference = ask("where the API key is kept", "testbed:echo-api-key", secret=True)
    trunk_name: f.Text = ask("name of the trunk", samples.TRUNK_NAME)
    host: f.Host = ask("host of Echo's border element", HOST)


PLATFORM = Platform(
    name="echo",
    title="Echo",
    package=__name__,
    block=Echo,
    about="Echo account and trunk",
    decides="nothing: Echo has one host",
    administrator_steps=("access.synthflow", "routing.inbound"),
    transfer_number=samples.TRANSFER_NUMBER,
    secrets={"echo-api-key": "eck-7e57bed0/Y'r&<q>+\"m\\92="},
    identifying=frozenset({HOST}),
)
