"""What surrounds a run: the testbed or the live platforms, and where each of them answers."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sfsip_nb import sip
from sfsip_nb.api.origins import own
from sfsip_nb.api.waits import waiting
from sfsip_nb.engine.clock import until
from sfsip_nb.engine.context import Administer, Overheard, Surroundings
from sfsip_nb.engine.dialing import MARK_HEADER
from sfsip_nb.engine.model import Guide
from sfsip_nb.inputs import extras, facts
from sfsip_nb.inputs.blocks import without_token
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.redaction import MASK
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.platforms.synthflow import faults as synthflow_faults
from sfsip_nb.testbed import life
from sfsip_nb.testbed.running import TestbedRefusal

_LATE_SECONDS = 3.0
"""How much later than the caller the AI agent may notice that a call has ended."""


def testbed_of(
    parameters: Parameters, run_dir: Path, faults: Sequence[str], known: str
) -> life.RunningTestbed | None:
    """The run's testbed, started or attached to; None for a live customer. See `attached`."""
    if parameters.target == "live":
        return None
    if testbed := attached(parameters, known):
        for name in faults:
            testbed.control("PUT", f"/faults/{name}")
        return testbed
    wanted = parameters.testbed
    with waiting("the testbed to start", life.READY_SECONDS):
        return life.ensure(run_dir, time_scale=wanted.time_scale, seed=wanted.seed, faults=faults)


def attached(parameters: Parameters, known: str) -> life.RunningTestbed | None:
    """The testbed that the inputs name, none if they name none. Raises InputError if it is gone.

    So it does where a testbed has to be started, and the extra that this takes is not installed.

    `known` is the name under which the run's journal keeps it: what is kept of a control URL has
    lost its token.
    """
    url = parameters.testbed.url
    if parameters.target == "live":
        return None
    if not url:
        extras.need("testbed", "A run on the testbed")
        return None
    if MASK in url and (testbed := life.named(known)):
        return testbed
    try:
        return life.attach(url)
    except life.TestbedError:
        raise InputError(
            "testbed.url",
            f"None of your testbeds answers at {without_token(url)}. Give the whole control URL"
            " that sfsip testbed start prints, http://127.0.0.1:PORT/control/TOKEN, with --testbed"
            " or as testbed.url; or give none, and the run starts its own.",
        ) from None


def surroundings(
    guide: Guide, parameters: Parameters, testbed: life.RunningTestbed | None
) -> Surroundings:
    """Origins, resolver and the rest.

    Raises KeyError for a region that is not known, and InputError where a testbed names an origin
    that is not on this machine.
    """
    region = parameters.synthflow.region
    if testbed is None:
        origins = {"synthflow": facts.synthflow_regions()[region].api}
        return Surroundings(origins=origins | guide.origins(parameters), resolver=sip.DnsResolver())
    info = testbed.info
    group = getattr(parameters, guide.name).model_dump(mode="json")
    urls = info["patterns"][guide.name]
    origins = {f"{guide.name}.{name}": url.format_map(group) for name, url in urls.items()}
    origins["synthflow"] = info["synthflow"][region]
    return Surroundings(
        origins={name: own(name, url, live=False) for name, url in origins.items()},
        resolver=sip.MapResolver({**_named(testbed, info["sip"], region), **_hosts(info["pstn"])}),
        administer=_on_screens(testbed.administer),
        screen=_on_screens(testbed.screen),
        agent_ears=functools.partial(_agent_ears, testbed),
        phone="" if parameters.by_hand.calls else str(info["pstn"]["address"]),
        cafile=info["ca"],
        time_scale=float(info["time_scale"]),
    )


def _named(
    testbed: life.RunningTestbed, names: Mapping[str, str], region: str
) -> Mapping[str, str]:
    """The addresses that this machine finds: of Synthflow's host none, where a fault hides it."""
    if synthflow_faults.NO_NAME.name not in testbed.control("GET", "/")["faults"]:
        return names
    host = facts.synthflow_regions()[region].sip
    return {name: at for name, at in names.items() if not name.startswith(f"{host}:")}


def _on_screens(do: Administer) -> Administer:
    """What the stand-in's screens refuse is what a person meets there."""

    def done(system: str, step: str, values: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return do(system, step, values)
        except TestbedRefusal as refusal:
            raise ValueError(refusal.reason) from None

    return done


def _agent_ears(
    testbed: life.RunningTestbed, number: str, since: datetime, mark: str
) -> Overheard | None:
    """What the stand-in of the AI agent heard of the marked call, once it has ended; without a mark
    that got there, of the first one that fits."""

    def carried(row: Mapping[str, Any]) -> str:
        return str((row.get("telephony_sip_headers") or {}).get(MARK_HEADER, ""))

    def fits(row: Mapping[str, Any]) -> bool:
        return (
            row["type_of_call"] == "inbound"
            and "telephony_start" in row
            and row["phone_number_to"] == number
            and int(row["start_time"]) >= int(since.timestamp() * 1000)
            and carried(row) in ("", mark)
        )

    def first() -> dict[str, Any] | None:
        rows = filter(fits, testbed.control("GET", "/calls")["synthflow"])
        return min(
            rows, key=lambda row: (carried(row) != mark, int(row["start_time"])), default=None
        )

    heard = "what the AI agent heard"
    row = until(first, lambda row: row is None or "_heard" in row, _LATE_SECONDS, heard)
    return Overheard(**row["_heard"]) if row and "_heard" in row else None


def _hosts(entries: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in entries.items() if "/" in name}
