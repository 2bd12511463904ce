"""A probe's result on the terminal, as JSON, and as files of evidence."""

import json
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sfsip_nb.cli.common import CODES, say
from sfsip_nb.inputs.errors import InputError

if TYPE_CHECKING:
    from sfsip_nb.sip import ProbeResult


@dataclass(frozen=True)
class Showing:
    """Where a result goes beside the terminal. A file that is there is written over."""

    json: Annotated[bool, typer.Option("--json", help="the result as JSON")] = False
    ladder: Annotated[
        Path | None, typer.Option(help="write the messages as SVG", metavar="FILE")
    ] = None
    pcap: Annotated[
        Path | None, typer.Option(help="write a capture, with audio", metavar="FILE")
    ] = None
    wav: Annotated[Path | None, typer.Option(help="write what was heard", metavar="FILE")] = None

    def __post_init__(self) -> None:
        """Find out before anything is sent whether the files can be written."""
        for option, path in (("--ladder", self.ladder), ("--pcap", self.pcap), ("--wav", self.wav)):
            if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
                raise InputError(
                    option, f"{path} cannot be written: name a file in an existing folder."
                )

    @property
    def media(self) -> bool:
        """Whether what is said has to be kept."""
        return self.pcap is not None or self.wav is not None

    def show(self, seconds: float, probe: "Coroutine[Any, Any, ProbeResult]") -> None:
        """Run a probe, say what it saw, write its evidence, and leave with its exit code.

        `seconds` is how long each of its questions may take.
        """
        from sfsip_nb.api.waits import waiting
        from sfsip_nb.present.style import verdict
        from sfsip_nb.present.text import columns
        from sfsip_nb.sip import loop
        from sfsip_nb.sip.probes.tables import tables

        with waiting(f"the probe, at most {seconds:g} s for each question", 0.0):
            result = loop.run(probe, None)
        self._write(result)
        if self.json:
            say(json.dumps(result.as_dict(), indent=2, default=str))
        else:
            title = f"{verdict(result.verdict)} {result.sentence}"
            drawn = dict(tables(result.seen))
            others = {key: value for key, value in result.seen.items() if key not in drawn}
            say(columns(title, ("", "seen from this machine"), flat(others)))
            for text in drawn.values():
                say(f"\n{text.rstrip()}")
        raise typer.Exit(CODES[result.verdict])

    def _write(self, result: "ProbeResult") -> None:
        from sfsip_nb.sip import ladder, pcap

        if self.ladder:
            picture = ladder.svg(result.trace, title=f"{result.name}: {result.sentence[:80]}")
            self.ladder.write_text(picture, encoding="utf-8")
        if self.pcap:
            pcap.write(self.pcap, result.trace, result.media)
        if self.wav and result.wav:
            self.wav.write_bytes(result.wav)


Printed = Annotated[Showing, "json"]
Drawn = Annotated[Showing, "json", "ladder", "pcap"]
Recorded = Annotated[Showing, "json", "ladder", "pcap", "wav"]
"""What of it a command has: a probe without SIP, one with, and one that is also about audio."""


def flat(seen: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Nested facts as rows with dotted names; a list of facts is numbered from 1."""
    for name, value in seen.items():
        key = f"{before}{name}"
        if isinstance(value, Mapping):
            yield from flat(value, f"{key}.")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, item in enumerate(value, 1):
                yield from flat(item, f"{key}.{number}.")
        else:
            yield key, value
