"""What Echo's stand-in breaks on purpose."""

from __future__ import annotations

from sfsip_nb.inputs.platform import Fault

NO_AGENTS = Fault("echo.no-agents", "nobody answers Echo's telephone")
LOST_AUDIO = Fault(
    "echo.lost-audio", "audio from Echo to Synthflow is lost", "Callers hear nothing"
)
FAULTS = (NO_AGENTS, LOST_AUDIO)
