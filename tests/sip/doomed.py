"""``python -m tests.sip.doomed URI REPORT SECONDS``: a caller that never hangs up, to be killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sfsip_nb.sip import Call, Credentials, MapResolver
from sfsip_nb.sip.deadman import Switch
from sfsip_nb.sip.probes.placing import place
from sfsip_nb.sip.probes.plan import CallPlan
from sfsip_nb.sip.session_timer import brief

LOGIN = Credentials("caller", "secretsecret")


async def _talk(leg: Call) -> None:
    print("answered", flush=True)
    await leg.wait_ended()


if __name__ == "__main__":
    uri, report, seconds = sys.argv[1:]
    plan = CallPlan(
        uri, "sip:+15550100123@caller.test", marks=brief(), credentials=[LOGIN],
        resolver=MapResolver(),
    )  # fmt: skip
    with Switch(Path(report), float(seconds), [LOGIN], None) as switch:
        print("calling", flush=True)
        asyncio.run(place(plan, _talk, seconds=60, timeout=90, on_standing=switch.note))
