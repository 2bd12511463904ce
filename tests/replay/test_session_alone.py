"""One command at a time works on a run, in a folder that can be one."""

from pathlib import Path

import pytest

from sfsip_nb import session
from sfsip_nb.inputs.errors import InputError

FILE = Path("parameters/genesys.testbed.yaml")


def test_a_second_replay_of_a_run_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    first = session.prepare(FILE, out=tmp_path)
    try:
        with pytest.raises(InputError, match="Another sfsip command works in"):
            session.prepare(FILE, out=tmp_path)
        with pytest.raises(InputError, match="Another sfsip command works in"):
            session.reopen(tmp_path)
        assert [row["kind"] for row in first.journal.attempts()] == ["replay"]
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
    with pytest.raises(InputError, match="ends in /control"):
        session.prepare(FILE, out=tmp_path, testbed_url=url)
    session.prepare(FILE, out=tmp_path).close()
