"""The command that lets chance be the enemy, for a few seeds."""

from __future__ import annotations

import pytest

from tests.fates import random_fates


def test_a_few_seeds_of_chance_do_no_harm(capsys: pytest.CaptureFixture[str]) -> None:
    code = random_fates.main(["--seeds", "10"])
    assert code == 0, capsys.readouterr().out
