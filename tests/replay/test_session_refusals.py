"""What is refused when a run is opened, before anything is touched."""

from pathlib import Path

import pytest

from sfsip_nb.inputs.errors import InputError
from sfsip_nb.runs import session

FILE = Path("parameters/genesys.testbed.yaml")


def test_a_second_replay_of_a_run_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    first = session.prepare(FILE, out=tmp_path)
    try:
        with pytest.raises(InputError, match="Another sfsip command or notebook is writing in"):
            session.prepare(FILE, out=tmp_path)
        with pytest.raises(InputError, match="Another sfsip command or notebook is writing in"):
            session.reopen(tmp_path)
        assert [row.kind for row in first.journal.attempts()] == ["replay"]
    finally:
        first.close()
    again = session.prepare(FILE, out=tmp_path)
    again.close()


def test_a_folder_that_cannot_be_one_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="cannot be the run's folder"):
            session.prepare(FILE, out=out)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/control", "http://127.0.0.1:1"])
def test_a_testbed_that_is_not_there_is_bad_input(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match=r"http://127\.0\.0\.1:PORT/control/TOKEN"):
        session.prepare(FILE, out=tmp_path, testbed_url=url)
    session.prepare(FILE, out=tmp_path).close()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("people={trunk.inbond: {done_by: Ada}}", "people.trunk.inbond names no step"),
        (
            "waive=[{check: probe.tsl/x, reason: r, by: Ada, until: '2099-01-01'}]",
            "waive: probe.tsl/x names no step",
        ),
    ],
)
def test_an_answer_or_a_waiver_for_no_step_is_bad_input(
    tmp_path: Path, given: str, said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        session.prepare(FILE, [given], out=tmp_path / "run")
    assert "Did you mean" in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_the_next_command_removes_what_a_killed_replay_left(tmp_path: Path) -> None:
    left = tmp_path / "attempts" / ".0001-apply.partial" / "notebooks"
    left.mkdir(parents=True)
    session.prepare(FILE, out=tmp_path).close()
    assert list((tmp_path / "attempts").iterdir()) == []
