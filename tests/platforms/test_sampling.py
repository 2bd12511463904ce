"""The stated sample: which numbers are called and traced, and what is said of the others."""

from __future__ import annotations

from sfsip_nb.engine.verdicts import Verdict, Weight
from sfsip_nb.inputs.load import from_namespace
from sfsip_nb.inputs.samples import SYNTHFLOW_SECOND_ASSISTANT_NAME
from sfsip_nb.inputs.schema import Parameters, parameters_model, sample
from sfsip_nb.platforms.shared import sampling


def parameters(size: int) -> Parameters:
    values = sample(parameters_model("genesys"), "genesys")
    values["numbers"] = [
        "+15551231000..49",
        {"number": "+15551231050..99", "assistant": SYNTHFLOW_SECOND_ASSISTANT_NAME},
    ]
    values["test_calls"]["sample"] = size
    return from_namespace("genesys", values)


def test_what_is_not_traced_is_said_and_decides_nothing() -> None:
    [told] = sampling.not_traced(parameters(2), "flow.inbound")
    assert told.id == "flow.inbound/not-traced"
    assert (told.verdict, told.weight) == (Verdict.INCONCLUSIVE, Weight.ADVISORY)
    assert told.expected == "100 numbers"
    assert told.seen == "2 traced; not traced: +15551231001..49, +15551231051..99"


def test_without_a_sample_every_number_is_traced() -> None:
    assert len(sampling.sampled(parameters(0))) == 100
    assert list(sampling.not_traced(parameters(0), "flow.inbound")) == []
