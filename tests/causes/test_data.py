"""The causes' data holds together: every text can be filled, every name is one that exists."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml
from pydantic import ValidationError

from sfsip_nb.engine.causes import KnownCause, Sign
from sfsip_nb.engine.diagnosis import Hit, Named, texts
from sfsip_nb.engine.rows import CheckRow
from sfsip_nb.platforms import faultbook
from sfsip_nb.platforms.genesys.troubleshooting import ROWS as GENESYS
from sfsip_nb.platforms.guides import ALL
from sfsip_nb.platforms.shared import naming, reach
from sfsip_nb.platforms.talkdesk.troubleshooting import ROWS as TALKDESK
from sfsip_nb.testbed.faults import faults
from tests.causes.reasoned import inputs
from tests.causes.sweep import PARAMETERS

BUILT_IN = ("genesys", "talkdesk")
PROPERTIES = {"caller", "caller-back", "audio", "audio/to-ai", "audio/from-ai", "dialog", "headers"}


def seen(id: str = "a.step/check", text: str = "seen", expected: str = "expected") -> CheckRow:
    return CheckRow(
        id=id,
        title="A check",
        expected=expected,
        seen=text,
        verdict="fail",
        vantage="here",
        weight="required",
        evidence=[],
    )


@pytest.mark.parametrize("guide", BUILT_IN)
def test_every_text_of_a_cause_can_be_filled_with_a_customers_values(guide: str) -> None:
    names = naming.names(ALL[guide], inputs(guide), [])
    for cause in naming.causes(guide):
        one = Named(cause, [Hit(seen(), {})])
        for template in (cause.says, cause.object, cause.field, cause.path, cause.value, cause.who):
            filled = template.format_map(texts(one, names))
            assert "{" not in filled, (cause.id, filled)
        assert cause.says.endswith((".", "{seen}")), cause.id


@pytest.mark.parametrize("guide", BUILT_IN)
def test_a_cause_names_steps_rows_hops_and_causes_that_exist(guide: str) -> None:
    causes = naming.causes(guide)
    ids = {cause.id for cause in causes}
    steps = {step.id for step in ALL[guide].steps}
    any_step = {step.id for g in BUILT_IN for step in ALL[g].steps}
    rows = {row.id for row in {"genesys": GENESYS, "talkdesk": TALKDESK}[guide]}
    hops = {hop for path in reach.paths(ALL[guide].flows, guide) for hop in path.hops}
    everywhere = {hop for g in BUILT_IN for p in reach.paths(ALL[g].flows, g) for hop in p.hops}
    for cause in causes:
        own = cause.id.startswith(f"{guide}.")
        assert cause.at in {"", *PROPERTIES, *(hops if own else everywhere)}, cause.id
        assert cause.mends in {"", *(steps if own else any_step)}, cause.id
        assert set(cause.follows) <= ids, cause.id
        assert cause.rows.get(guide, "") in {"", *rows}, cause.id
        assert set(cause.rows) <= set(BUILT_IN), cause.id


def test_no_two_causes_share_an_id() -> None:
    for guide in BUILT_IN:
        counts = Counter(cause.id for cause in naming.causes(guide))
        assert [id for id, count in counts.items() if count > 1] == []


def test_every_fault_that_has_a_cause_names_one_that_the_data_knows() -> None:
    known = {cause.id for guide in BUILT_IN for cause in naming.causes(guide)}
    assert {fault.name for fault in faults().values() if fault.cause} != set()
    missing = {f.name: f.cause for f in faults().values() if f.cause and f.cause not in known}
    assert missing == {}


def test_a_key_that_no_cause_has_is_refused() -> None:
    with pytest.raises(ValidationError, match="extra"):
        KnownCause.model_validate(
            {
                "id": "a.b",
                "side": "s",
                "object": "o",
                "field": "f",
                "says": "x.",
                "path": "p",
                "signs": [{"check": "a"}],
                "sings": [],
            }
        )


@pytest.mark.parametrize(
    ("differs", "text", "shown"),
    [
        ("lacks", "a", True),
        ("lacks", "a, b, c", False),
        ("adds", "a, b, c", True),
        ("adds", "a", False),
    ],
)
def test_a_list_that_lacks_an_entry_is_told_from_one_that_has_more(
    differs: str, text: str, shown: bool
) -> None:
    sign = Sign.model_validate({"check": "a.step/*", "differs": differs})
    assert bool(sign.match(seen(text=text, expected="a, b"))) is shown


def test_the_fault_book_is_the_data() -> None:
    page = PARAMETERS.parent / "docs" / "faults.md"
    assert page.read_text("utf-8") == faultbook.book(), "run python -m sfsip_nb.platforms.faultbook"


def test_the_files_are_plain_yaml_lists() -> None:
    for name in (*BUILT_IN, "synthflow"):
        path = PARAMETERS.parent / "sfsip_nb" / "platforms" / name / "causes.yaml"
        assert isinstance(yaml.safe_load(path.read_text("utf-8")), list)
