"""Records that earlier versions wrote: read, valid, and shown whole.

`records/` holds what such runs left, cut to one row of each kind: `first` knows neither plan nor
evidence nor when a check was judged, `before-not-run` not what did not run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sfsip_nb.engine.record import read, schema
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.present.record import record_html

RECORDS = sorted((Path(__file__).parent / "records").glob("*.json"))


def written(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_an_earlier_record_is_valid_and_nothing_of_it_is_lost(path: Path) -> None:
    data = written(path)
    jsonschema.Draft202012Validator(schema()).validate(data)
    assert json.dumps(read(path).as_json()) == json.dumps(data)


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_an_earlier_record_becomes_a_page(path: Path) -> None:
    record = read(path)
    page = record_html(record, {})
    for step in record.steps:
        assert f'id="{step.id}"' in page
    for person in record.people:
        assert person.done_by in page


def test_a_key_of_a_later_version_is_ignored(tmp_path: Path) -> None:
    data = written(RECORDS[0])
    (tmp_path / "record.json").write_text(json.dumps(data | {"weather": "fine"}))
    assert read(tmp_path / "record.json").as_json() == data


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"verdict": "splendid"}, r"\(verdict: input should be 'pass'"),
        ({"schema": 2}, r"\(schema: input should be 1"),
    ],
)
def test_what_is_no_record_is_told_with_what_to_do(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps(written(RECORDS[0]) | change))
    with pytest.raises(InputError, match=why) as told:
        read(path)
    assert "sfsip record DIR --check" in str(told.value)
    path.write_text("{")
    with pytest.raises(InputError, match="no record"):
        read(path)
