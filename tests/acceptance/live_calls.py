"""``python -m tests.acceptance.live_calls RUN_DIR SIP_PORT``: a caller to be killed while it talks.

`live` is a run as on a live customer: its target is live, its account is at a carrier's public
name, and it knows nothing of the testbed but what stands behind public names. Which hosts get a
secret is not judged here, or no stand-in could be asked.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sfsip_nb.engine.engine import Engine
from sfsip_nb.inputs import samples
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.platforms.shared import verification
from sfsip_nb.platforms.shared.stages import CallStage
from sfsip_nb.runs import session as sessions
from sfsip_nb.sip import MapResolver
from tests.acceptance.acceptance_tools import PARAMETERS

CARRIER, USER, PASSWORD = "sip.carrier.example", "acme-caller", "w0rd-7e57-carrier"
INBOUND, TRANSFER = "verify.inbound", "verify.transfer"
APPROVED = {"by": "Ann", "until": "2199-12-31"}
_ACCOUNT = {
    "uri": f"sip:{CARRIER}",
    "username": USER,
    "password": "testbed:sip-password",
    "from": samples.CALLER,
}


@contextmanager
def live(run_dir: Path, port: int, **calls: Any) -> Iterator[Engine]:
    """A new attempt of a run as on a live customer, whose carrier is at a loopback port."""
    given = {"caller": _ACCOUNT, **calls}
    sets = [f"test_calls.{name}={json.dumps(value)}" for name, value in given.items()]
    session = sessions.prepare(
        PARAMETERS, [*sets, "people={}"], mode="verify", out=run_dir, keep_testbed=True
    )
    ctx, around = session.engine.ctx, session.engine.ctx.surroundings
    ctx.parameters = ctx.typed = ctx.parameters.model_copy(update={"target": "live"})
    ctx.secrets = {**ctx.secrets, "test_calls.caller.password": Secret(PASSWORD)}
    ctx.redactor.add(PASSWORD)
    assert isinstance(around.resolver, MapResolver)
    there = {**around.resolver.mapping, f"{CARRIER}/udp": f"127.0.0.1:{port}"}
    unseen: dict[str, Any] = dict.fromkeys(("administer", "screen", "agent_ears"))
    ctx.surroundings = replace(around, resolver=MapResolver(there), phone="", **unseen)

    def anywhere(name: str, url: str, *, live: bool) -> str:
        return url

    try:
        with (
            patch("sfsip_nb.api.origins.own", anywhere),
            patch("sfsip_nb.engine.hosts.own", anywhere),
        ):
            yield session.engine
    finally:
        session.close()


if __name__ == "__main__":
    folder, at = sys.argv[1:]
    talks_on = CallStage(1004.0, None, within=60.0)
    talking = replace(verification.INBOUND, stages=(*verification.INBOUND.stages, talks_on))
    with (
        patch.object(verification, "INBOUND", talking),
        live(Path(folder), int(at), approved=APPROVED) as engine,
    ):
        engine.run(INBOUND)
