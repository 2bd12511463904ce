"""How everything that a run may change was before its first write, and what is different now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.difference import text
from sfsip_nb.engine.model import Refused, Seen

_KEPT = "baseline"


def keep(ctx: Context, observed: Mapping[str, Seen | None]) -> None:
    """Keep what a plan observed, by address: until the first write the newest, then the first."""
    found = {address: seen and seen.fields for address, seen in observed.items()}

    def kept(known: dict[str, Any]) -> dict[str, Any]:
        written = any(change.stands for change in ctx.journal.changes.all())
        return found | known if written else found

    ctx.journal.change(_KEPT, kept, {})


def forget(ctx: Context) -> None:
    """All is as before, so the next plan observes anew."""
    ctx.journal.put(_KEPT, {})


def was_there(ctx: Context, kind: str, key: str) -> bool:
    """Whether an object was there before this run wrote."""
    return ctx.journal.get(_KEPT, {}).get(f"{kind}:{key}") is not None


def restored(ctx: Context, kind: str, key: str) -> bool:
    """Whether an object can be read and is as it was before this run wrote."""
    before = ctx.journal.get(_KEPT, {}).get(f"{kind}:{key}")
    try:
        return not any(_compared(before, ctx.resource(kind).read(key)))
    except (ApiError, Refused):
        return False


def differences(ctx: Context) -> list[str]:
    """What is not as it was, each as a sentence; empty where all is."""
    found = []
    for address, before in ctx.journal.get(_KEPT, {}).items():
        kind, _, key = address.partition(":")
        try:
            seen = ctx.resource(kind).read(key)
        except (ApiError, Refused) as error:
            found.append(f"{kind} “{key}” may differ; it cannot be read: {error}")
            continue
        found += [f"{kind} “{key}” {what}" for what in _compared(before, seen)]
    return found + list(_never_returned(ctx))


def _compared(before: Mapping[str, Any] | None, seen: Seen | None) -> Iterator[str]:
    if before is None and seen is not None:
        yield "exists now and did not before"
    elif before is not None and seen is None:
        yield "existed before and is gone"
    elif before is not None and seen is not None:
        for name, value in before.items():
            if seen.fields.get(name) != value:
                yield f"has {name}: {text(seen.fields.get(name))}; before: {text(value)}"


def _never_returned(ctx: Context) -> Iterator[str]:
    """Secrets that this run wrote over: nothing can tell what they were."""
    before = ctx.journal.get(_KEPT, {})
    written = {
        (change.kind, change.key, name): None
        for change in ctx.journal.changes.all()
        if change.op == "update" and (change.done or change.open)
        for name in change.fingerprints
        if before.get(f"{change.kind}:{change.key}") is not None
    }
    for kind, key, name in written:
        yield f"{kind} “{key}” has the {name} of this run; no API returned the former one"
