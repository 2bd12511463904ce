"""Ids by which a call at Synthflow is told from every other one, and the headers that carry them.

Any ``X-`` header of an INVITE stands in the record of its call. ``X-EI`` may hold Synthflow's own
id of a call that was prepared (``S``) and one of the caller's (``E``), each ended by a semicolon.
Source: docs.synthflow.ai/pass-call-context, /x-ei-sip-header. That records show the headers is
known from live ones alone, so that what is missing there says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HEADER = "X-EI"

OWN = "X-EI E"
"""The name of the id that the caller gave."""

CALL_ID = "call_id"
"""The name of the id that Synthflow gave."""

_TOKEN = re.compile(r"([SEO])\.([^;]+);")


def headers(mark: str, call_id: str = "") -> dict[str, str]:
    """The header with the caller's own id of a call, and Synthflow's where it has one."""
    prepared = f"S.{call_id};" if call_id else ""
    return {HEADER: f"{prepared}E.{mark};"}


def keys(row: Mapping[str, Any]) -> dict[str, str]:
    """The ids in a record of a call, by name."""
    sent = row.get("telephony_sip_headers")
    found = {str(k): str(v) for k, v in sent.items()} if isinstance(sent, dict) else {}
    tokens = dict(_TOKEN.findall(found.get(HEADER, "")))
    return found | {OWN: tokens.get("E", ""), CALL_ID: str(row["call_id"])}
