"""The customers that the fates meet: what each has before, and what is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys import samples as genesys_samples
from tests.fates.harness import Inputs
from tests.fates.standins import StillWorld

NEIGHBOUR = "+15551230005"
IN_NO_POOL = "+15559990002"
FRONT_DESK = "Acme Front Desk"

_FQDN = f"genesys.inbound_fqdn={genesys_samples.TERMINATION_IDENTIFIER}.byoc.usw2.pure.cloud"
_WANTED = f'people.access.number={{done_by: Ann, values: {{numbers: ["{IN_NO_POOL}"]}}}}'


def _as_it_is(world: StillWorld) -> None:
    """The sample customer."""


def _held_by_hand(world: StillWorld) -> None:
    """A call route made by hand has the number, and another one."""
    support = world.by_name(world.systems["genesys"]["flows"], genesys_samples.SUPPORT_FLOW)
    assert support is not None
    route = {
        "id": world.new_id(),
        "name": FRONT_DESK,
        "description": "Made by hand",
        "version": 3,
        "state": "active",
        "dnis": [NEIGHBOUR, samples.DID],
        "openHoursFlow": {"id": support["id"], "name": support["name"]},
    }
    world.systems["genesys"]["ivrs"][str(route["id"])] = route


def _imported_by_hand(world: StillWorld) -> None:
    """Synthflow has the number, with another trunk."""
    slug = samples.DID.removeprefix("+")
    support = world.systems["synthflow"]["numbers"][samples.SUPPORT_DID.removeprefix("+")]
    world.systems["synthflow"]["numbers"][slug] = support | {
        "slug": slug,
        "phone_number": samples.DID,
        "friendly_name": "Front desk, made by hand",
        "sip_term_uri": "elsewhere.byoc.usw2.pure.cloud",
        "_trunk_username": "by-hand",
        "_trunk_pwd": "made-by-hand",
    }


@dataclass(frozen=True)
class Scenario:
    """A customer and a run; ``prepare`` adds to the sample customer what was there before.

    ``inputs`` have a part of the guide's steps, which keeps a case short; ``whole`` has all that
    write or are done by a person.
    """

    name: str
    inputs: Inputs
    prepare: Callable[[StillWorld], None] = _as_it_is

    @property
    def whole(self) -> Inputs:
        """The same run, whole."""
        return Inputs(self.inputs.guide, self.inputs.sets)


_ROUTING = ("routing.inbound", "routing.transfer")
_SYNTHFLOW = ("number.add", "assistant.attach", "transfer.action")

GENESYS_PARTS = ("genesys_trunk", "genesys_routing", "genesys_synthflow")
"""Together they have every write of the guide."""

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("genesys_trunk", Inputs("genesys", (_FQDN,), ("trunk.create", "trunk.site"))),
        Scenario("genesys_routing", Inputs("genesys", (_FQDN,), _ROUTING)),
        Scenario("genesys_synthflow", Inputs("genesys", (_FQDN,), _SYNTHFLOW)),
        Scenario("talkdesk", Inputs("talkdesk")),
        Scenario(
            "adopted_did",
            Inputs("genesys", (f'adopt=["genesys.did:{samples.DID}"]', _FQDN), _ROUTING),
            _held_by_hand,
        ),
        Scenario(
            "no_pool",
            Inputs(
                "genesys",
                (f'numbers=["{IN_NO_POOL}"]', _WANTED, _FQDN),
                ("access.number", *_ROUTING),
            ),
        ),
        Scenario(
            "adopted_number",
            Inputs("genesys", (f'adopt=["synthflow.number:{samples.DID}"]', _FQDN), _SYNTHFLOW),
            _imported_by_hand,
        ),
        Scenario(
            "several_numbers",
            Inputs(
                "genesys",
                (f'numbers=["{samples.DID}","{samples.SPARE_DID}"]', _FQDN),
                _SYNTHFLOW,
            ),
        ),
    )
}
