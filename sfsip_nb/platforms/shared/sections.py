"""The sections that every guide has, one notebook each; the second is the platform's own."""

from __future__ import annotations

from sfsip_nb.engine.model import Section


def of(name: str, platform: str) -> tuple[Section, ...]:
    """The seven sections; ``name`` is in the second notebook's file name."""
    return (
        Section("01-prerequisites", "Prerequisites"),
        Section(f"02-{name}-configuration", f"{platform} configuration"),
        Section("03-synthflow-configuration", "Synthflow configuration"),
        Section("04-call-flows", "Call flow summary"),
        Section("05-verification", "Verification"),
        Section("06-troubleshooting", "Quick troubleshooting"),
        Section("07-reference-and-record", "Reference and record"),
    )
