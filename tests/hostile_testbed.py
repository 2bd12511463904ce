"""A testbed whose platforms mean harm: ``python -m tests.hostile_testbed``.

The process of ``python -m sfsip_nb.testbed``, with its arguments and on its sockets. Its objects
have hostile names, and hostile text follows whatever it says in words: in an API's refusal, in
Synthflow's rows of calls, and in the phrase and the headers of each answer on the wire. Codes, ids
and numbers stay as they are.
"""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse

from sfsip_nb.inputs import private, samples
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.platforms.synthflow.standin import calls
from sfsip_nb.runs import session
from sfsip_nb.sip import Incoming
from sfsip_nb.testbed import life, server, web
from sfsip_nb.testbed.places import FOLDER, LOG
from sfsip_nb.testbed.world import World
from tests.acceptance.acceptance_tools import PROJECT
from tests.present.hostile import HOSTILE, SHORT

NAMES = {
    "genesys.site": HOSTILE["formula"] + HOSTILE["style"],
    "genesys.inbound_flow": HOSTILE["attribute"] + HOSTILE["template"],
    "genesys.transfer_queue": HOSTILE["script"] + HOSTILE["SQL"],
    "synthflow.assistant": HOSTILE["script"] + HOSTILE["attribute"],
}
"""What the customer calls what the inputs name: all that a person can type."""

SETS = [f"{key}={json.dumps(name)}" for key, name in NAMES.items()]
"""The same as ``--set`` takes it."""

_RENAMED = (
    ("genesys", "sites", genesys_samples.SITE, "genesys.site"),
    ("genesys", "flows", genesys_samples.INBOUND_FLOW, "genesys.inbound_flow"),
    ("genesys", "queues", genesys_samples.TRANSFER_QUEUE, "genesys.transfer_queue"),
    ("synthflow", "assistants", samples.SYNTHFLOW_ASSISTANT_NAME, "synthflow.assistant"),
)
_WORDS = {"message", "description", "detail", "msg"}
_LONG = HOSTILE["long"]
_WIRE = SHORT.encode("utf-8", "replace").decode()


@contextmanager
def started(run_dir: Path) -> Iterator[life.RunningTestbed]:
    """The hostile testbed of a run, which the run then finds as its own."""
    command = [sys.executable, "-m", __name__, "--dir", str(run_dir), "--time-scale", "200"]
    with (private.folder(run_dir / FOLDER) / LOG).open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, cwd=PROJECT)
    assert process.stdout is not None
    try:
        yield life.RunningTestbed(json.loads(process.stdout.readline()))
    finally:
        process.terminate()
        process.communicate(timeout=life.STOP_SECONDS)


def provision(opened: session.Session) -> None:
    """Carry out every step of a run that dials nothing."""
    for step in opened.guide.steps:
        if not step.dials:
            opened.engine.run(step.id)


def _spoilt(body: Any) -> Any:
    if isinstance(body, list):
        return [_spoilt(item) for item in body]
    if not isinstance(body, dict):
        return body
    return {
        key: value + SHORT if key in _WORDS and isinstance(value, str) else _spoilt(value)
        for key, value in body.items()
    }


def _renamed(world: World) -> None:
    """The objects that the inputs name; others have names that no person can type."""
    for system, name, sample, key in _RENAMED:
        for made in world.systems[system][name].values():
            if made["name"] == sample:
                made["name"] = NAMES[key]
    for made in (
        *world.systems["genesys"]["organization"].values(),
        *world.systems["genesys"]["ivrs"].values(),
    ):
        made["name"] = SHORT
    for text in (SHORT, _LONG):
        new = world.new_id()
        world.systems["genesys"]["queues"][new] = {"id": new, "name": text, "memberCount": 0}


def _spoil() -> None:
    settle, refuse, answer, row = (
        server.settle,
        web.ApiRefusal.__init__,
        Incoming.make,
        calls._row,
    )

    def settled(world: World) -> None:
        settle(world)
        _renamed(world)

    def refused(self: web.ApiRefusal, status: int, body: Any, headers: Any = None) -> None:
        refuse(self, status, _spoilt(body), headers)

    def answered(self: Incoming, code: int, phrase: str = "", headers: Any = None) -> Any:
        made = answer(self, code, phrase, headers)
        made.headers.set("Server", _WIRE)
        if code >= 300:
            made.phrase += _WIRE
            made.headers.set("Reason", f'SIP;cause={code};text="{_WIRE}"')
            made.headers.set("Warning", f'399 host "{_LONG}"')
            made.headers.set("X-Reason", _WIRE)
        return made

    def listed(call: dict[str, Any]) -> dict[str, Any]:
        carried = (call.get("telephony_sip_headers") or {}) | {SHORT: SHORT, "X-Long": _LONG}
        said = f"{call.get('transcript') or ''}\n{SHORT}{_LONG}"
        return row(call) | {"telephony_sip_headers": carried, "transcript": said}

    patches: tuple[tuple[Any, str, Any], ...] = (
        (server, "settle", settled),
        (web.ApiRefusal, "__init__", refused),
        (Incoming, "make", answered),
        (calls, "_row", listed),
        (JSONResponse, "render", lambda _, content: json.dumps(content).encode()),
    )
    for owner, name, hostile in patches:
        setattr(owner, name, hostile)


if __name__ == "__main__":
    _spoil()
    runpy.run_module("sfsip_nb.testbed", run_name="__main__")
