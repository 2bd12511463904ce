"""A journal that cannot be used: one paragraph that names the file."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from sfsip_nb.engine.journal import Journal
from sfsip_nb.inputs.errors import InputError, SfsipError


def test_a_damaged_journal_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(b"garbage!" * 200)
    with pytest.raises(InputError, match=r"journal\.sqlite3 is damaged"):
        Journal(path)


def test_a_journal_cut_short_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with closing(Journal(path)) as journal:
        journal.put("much", "x" * 50_000)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(InputError, match="is damaged"), closing(Journal(path)) as journal:
        journal.get("much")


def test_a_full_disk_leaves_what_stood_before(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
        journal.put("kept", 1)
        (pages,) = journal.database._connection.execute("PRAGMA page_count").fetchone()
        journal.database._connection.execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(SfsipError, match=r"full.*the same command to continue") as caught:
            journal.put("more", "x" * 50_000)
        assert not isinstance(caught.value, InputError)
        assert journal.get("kept") == 1
