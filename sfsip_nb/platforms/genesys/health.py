"""The trunk's health as Genesys Cloud itself sees it: in service, and answered by Synthflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.verdicts import Check, Vantage, Verdict, Weight
from sfsip_nb.platforms.genesys import resources as r
from sfsip_nb.platforms.genesys.platform import genesys
from sfsip_nb.platforms.shared.checks import check

_ID, _TITLE = "trunk.create/health", "Genesys sees the trunk in service"
_EXPECTED = "in service, and each SIP server answers"


def checks(ctx: Context) -> list[Check]:
    """What the live trunks say of themselves. Advisory: BYOC Cloud may list none.

    A server that does not answer OPTIONS may still take calls, so that is no failure.
    """
    name = ctx.parameters.trunk_name
    base = r.by_name(genesys(ctx).trunks(), name)
    if base is None:
        return []
    try:
        trunks = genesys(ctx).trunk_instances(base["id"])
    except ApiError as error:
        return [_check(str(error), None, error.advice)]
    if not trunks:
        return [_unlisted()]
    out_of_service = not all(trunk.get("inService") for trunk in trunks)
    silent = [server for trunk in trunks for server, answered, _ in _asked(trunk) if not answered]
    reason = (
        "Set Trunk State to In-Service; then look at the trunk's status in Genesys."
        if out_of_service
        else f"{', '.join(silent)} did not answer: check the address, the port and the transport."
    )
    return [_check("; ".join(map(_told, trunks)), _verdict(out_of_service, silent), reason)]


def _verdict(out_of_service: bool, silent: list[str]) -> bool | None:
    if out_of_service:
        return False
    return None if silent else True


def _check(seen: str, ok: bool | None, reason: str) -> Check:
    return check(_ID, _TITLE, _EXPECTED, seen, ok, advisory=True, reason=reason)


def _unlisted() -> Check:
    return Check(
        id=_ID,
        title=_TITLE,
        expected=_EXPECTED,
        seen="not listed for BYOC Cloud",
        verdict=Verdict.SKIPPED,
        vantage=Vantage.PLATFORM,
        weight=Weight.ADVISORY,
        reason="Genesys lists no live trunk for this one, so its health is not shown.",
    )


def _told(trunk: Mapping[str, Any]) -> str:
    """One live trunk: `in service at 203.0.113.10, sip.example.com:5060 answers OPTIONS`."""
    status = trunk.get("ipStatus") or {}
    service = "in service" if trunk.get("inService") else "out of service"
    where = f" at {status['address']}" if status.get("address") else ""
    told = [f"{server} {what}" for server, _, what in _asked(trunk)]
    if not told:
        told = [f"{server} not asked" for server in trunk.get("proxyAddressList") or ()]
    return ", ".join([f"{service}{where}{_error(status)}", *told])


def _asked(trunk: Mapping[str, Any]) -> Iterator[tuple[str, bool, str]]:
    """Each server that the trunk sent a request: whether it answered well, and in words."""
    for name, state, method in (
        ("optionsStatus", "optionState", "OPTIONS"),
        ("registersStatus", "registerState", "REGISTER"),
    ):
        for status in trunk.get(name) or ():
            answered = bool(status.get(state))
            what = f"{'answers' if answered else 'does not answer'} {method}"
            yield str(status.get("proxyAddress")), answered, what + _error(status)


def _error(status: Mapping[str, Any]) -> str:
    error = status.get("errorInfo") or {}
    told = [str(error[key]) for key in ("code", "text") if error.get(key)]
    return f" ({': '.join(told)})" if told else ""
