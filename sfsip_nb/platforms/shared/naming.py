"""The causes of a run, named with this customer's values: what the cards and the record show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sfsip_nb.engine import causes as known
from sfsip_nb.engine.answering_rows import EXPECTATIONS
from sfsip_nb.engine.callpath import CallPath
from sfsip_nb.engine.cause_rows import (
    CauseRow,
    CausesRow,
    FixRow,
    ProofRow,
    RuledOutRow,
    UntestedRow,
)
from sfsip_nb.engine.diagnosis import Explanation, Hit, Named, Reasoning, texts
from sfsip_nb.engine.export import names_of
from sfsip_nb.engine.model import CallFlow, Guide
from sfsip_nb.engine.rows import CheckRow, HopRow
from sfsip_nb.engine.verdicts import Verdict
from sfsip_nb.inputs import facts, ranges
from sfsip_nb.inputs.platform import platform
from sfsip_nb.platforms import synthflow
from sfsip_nb.platforms.shared import captures, reach

Inputs = Mapping[str, Any]

_WHO = {
    "Synthflow": "an administrator of the Synthflow workspace",
    "Genesys Cloud": "a Genesys Cloud administrator (permission telephony:plugin:all)",
    "Talkdesk": "a Talkdesk administrator",
}
_SHOWN = 3
"""Checks that are shown as proof of a cause."""


def diagnose(guide: Guide, inputs: Inputs, checks: Iterable[CheckRow]) -> CausesRow:
    """Why these checks of a run failed, in this customer's words.

    ``inputs`` are the parameters, JSON-like, as the journal and the record have them.
    """
    found = list(checks)
    paths = reach.paths(guide.flows, platform(guide.name).title)
    told = Telling(guide, paths, names(guide, inputs, found), found)
    return told.whole(Reasoning(causes(guide.name), paths, found).explanation())


def causes(guide: str) -> tuple[known.KnownCause, ...]:
    """What can be wrong in a guide's set-up: the platform's causes, and Synthflow's."""
    return known.read(platform(guide).package) + known.read(synthflow.__name__)


def _bare(text: str) -> str:
    """A text without its full stop, to stand inside a sentence."""
    return text.rstrip(".")


def names(guide: Guide, inputs: Inputs, checks: Sequence[CheckRow]) -> Mapping[str, Any]:
    """What the causes' texts may name: the inputs, and what follows from them."""
    title, sip = platform(guide.name).title, inputs["sip"]
    host = facts.synthflow_regions()[inputs["synthflow"]["region"]].sip
    terminations = (c.expected for c in checks if known.base(c) == "number.add/Termination URI")
    first, last = facts.rtp_ports()[0], facts.rtp_ports()[-1]
    listed = facts.synthflow_addresses(inputs["synthflow"]["region"], "media")
    more = {
        "platform": title,
        "rtp": f"UDP {first}–{last}",
        "media": ", ".join(entry.address for entry in listed) or "Synthflow's media addresses",
        "trunk": inputs[guide.name]["trunk_name"],
        "host": host,
        "port": facts.synthflow_port(sip["transport"]),
        "sip_realm": sip["realm"] or host,
        "transport": sip["transport"].upper(),
        "transfer_number": inputs["synthflow"]["transfer"]["number"],
        "addresses": ", ".join(inputs["synthflow"]["signalling_addresses"]["addresses"]),
        "fqdn": next(terminations, "the contact center's address"),
        "network": f"whoever runs the network between {title} and Synthflow",
    }
    named = names_of(inputs)
    numbers = ", ".join(ranges.compact(named["numbers"].split(", ")))
    return {**named, "numbers": numbers, **more}


class Telling:
    """Puts a diagnosis into rows."""

    def __init__(
        self,
        guide: Guide,
        paths: Sequence[CallPath],
        names: Mapping[str, Any],
        checks: Sequence[CheckRow],
    ) -> None:
        self.guide, self.paths, self.names, self.checks = guide, paths, names, checks

    def whole(self, found: Explanation) -> CausesRow:
        """All of it."""
        named = [self._cause(one) for one in found.named]
        left = []
        for check in found.unexplained:
            if check.id.startswith(captures.SIGN):
                named.append(self._captured(check))
            elif self._is_read(check):
                named.append(self._changed(check))
            else:
                left.append(ProofRow.of(check))
        return CausesRow(
            named=named,
            ruled_out=[
                RuledOutRow(
                    id=one.cause.id,
                    sentence=f"{one.cause.side}, {one.cause.object}: {one.cause.field}".format_map(
                        self._texts(Named(one.cause, [Hit(one.by, {})]))
                    ),
                    by=ProofRow.of(one.by),
                )
                for one in found.ruled_out
            ],
            unexplained=left,
            untested=[
                UntestedRow(
                    id=cause.id,
                    side=cause.side,
                    object=cause.object.format_map(self._unseen()),
                    field=cause.field.format_map(self._unseen()),
                )
                for cause in found.untested
            ],
        )

    def _cause(self, one: Named) -> CauseRow:
        shown = {hit.check.id: hit.check for hit in one.hits}
        test, hops = self._way(one)
        return CauseRow(
            **self._fix(one),
            row=one.cause.rows.get(self.guide.name, ""),
            proof=[ProofRow.of(check) for check in list(shown.values())[:_SHOWN]],
            explains=[check.id for check in one.explains],
            test=test,
            hops=hops,
            equals=[FixRow(**self._fix(other)) for other in one.equals],
        )

    def _fix(self, one: Named) -> dict[str, str]:
        cause, filled = one.cause, self._texts(one)
        templates = {
            "sentence": cause.says,
            "object": cause.object,
            "field": cause.field,
            "path": cause.path,
            "value": cause.value,
            "who": cause.who or _WHO.get(cause.side, ""),
            "tell": cause.tell,
        }
        made = {name: template.format_map(filled) for name, template in templates.items()}
        mends = cause.mends if any(s.id == cause.mends for s in self.guide.steps) else ""
        return made | {"id": cause.id, "side": cause.side, "mends": mends}

    def _unseen(self) -> Mapping[str, Any]:
        """The texts of a cause that nothing was seen of."""
        return {**self.names, "number": self.names["numbers"]}

    def _texts(self, one: Named) -> Mapping[str, Any]:
        return texts(one, self.names)

    # -- what says by itself what is wrong -------------------------------------------------

    def _is_read(self, check: CheckRow) -> bool:
        """Whether a check compares something that was read; a refusal says nothing by itself, and
        what was measured of how the agent answers does not say whose doing it is."""
        step, _, own = check.id.partition("/")
        if check.vantage == "here" and own.partition("/")[0] in EXPECTATIONS:
            return False
        known_step = any(step == each.id for each in self.guide.steps)
        on_the_way = any(path.of(check) for path in self.paths)
        return known_step and not on_the_way and own.partition("/")[0] != "api"

    def _changed(self, check: CheckRow) -> CauseRow:
        """What differs from what the guide wants, where no cause is about it: its own cause."""
        step = self.guide.step(check.id.partition("/")[0])
        side = "Synthflow" if check.vantage == "synthflow" else platform(self.guide.name).title
        return CauseRow(
            id=f"changed.{known.base(check)}",
            sentence=f"{check.title}: {_bare(check.seen)} instead of {_bare(check.expected)}.",
            side=side,
            object=step.title,
            field=check.title,
            path=check.reason or f"the object of step {step.id}",
            value=check.expected,
            who=_WHO.get(side, ""),
            mends=step.id if step.desired or step.card else "",
            proof=[ProofRow.of(check)],
            explains=[check.id],
        )

    def _captured(self, check: CheckRow) -> CauseRow:
        """What a capture shows, where no cause is about it: the capture's own finding."""
        rule = check.id.removeprefix(captures.SIGN)
        return CauseRow(
            id=f"capture.{rule}",
            sentence=check.seen,
            side="the ends of the captured call",
            object=check.title,
            field=rule,
            path=check.reason or "see the ladder of the capture",
            value="",
            who="",
            proof=[ProofRow.of(check)],
            explains=[check.id],
        )

    # -- the call's way --------------------------------------------------------------------

    def _way(self, one: Named) -> tuple[str, list[HopRow]]:
        """The first test whose call it broke, and its hops up to where it ended.

        A call that arrived and lacks something is drawn whole, with what it lacks at its end.
        """
        for path in self.paths:
            broken = [shows for check in one.explains if (shows := path.of(check))]
            if broken and (place := path.place(one.cause.at)) >= 0:
                return path.test, self._drawn(path.hops, place)
            lacking = [shows for shows in broken if path.place(shows.at) < 0]
            if lacking and one.cause.at in reach.LACKS:
                way = path.hops[: path.place(lacking[0].after) + 1]
                what = reach.LACKS[one.cause.at]
                lost = HopRow(
                    system=one.cause.side, what=what, name="", verdict=Verdict.FAIL, checks=[]
                )
                return path.test, [*self._drawn(way, len(way)), lost]
        return "", []

    def _drawn(self, way: Sequence[str], place: int) -> list[HopRow]:
        """The hops of a way, of which the one at ``place`` failed."""
        hops = {hop.at: hop for hop in _hops(self.guide.flows)}
        verdicts = [Verdict.PASS] * place + [Verdict.FAIL]
        return [
            HopRow(
                system=hops[at].system,
                what=hops[at].what.format_map(self.names),
                name=hops[at].name.format_map(self.names),
                verdict=verdicts[number] if number < len(verdicts) else "",
                checks=[],
            )
            for number, at in enumerate(way)
            if at in hops
        ]


def _hops(flows: Iterable[CallFlow]) -> Iterable[Any]:
    return (hop for flow in reversed(tuple(flows)) for hop in flow.hops if hop.at)
