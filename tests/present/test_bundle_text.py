"""What a bundle for support says first."""

from __future__ import annotations

from sfsip_nb.engine.record import Record
from sfsip_nb.runs import bundle
from tests.present import record_sample as sample


def test_calls_of_several_numbers_are_named_by_their_ids_too() -> None:
    data = sample.record()
    step = next(step for step in data["steps"] if step["id"] == "verify.inbound")
    number = "+15551230002"
    step["checks"] = [
        {
            **step["checks"][0],
            "id": f"verify.inbound/{side}/{number}",
            "number": number,
            "verdict": "pass",
            "seen": f"the call at {side}",
        }
        for side in ("platform", "synthflow")
    ]
    text = bundle._text(Record.model_validate(data), {})
    assert "the call at platform" in text
    assert "the call at synthflow" in text
