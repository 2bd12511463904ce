"""The fleet's file and its customers: what is refused before anything is sent, and what is not."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sfsip_nb import cli
from sfsip_nb.fleet import budgets
from sfsip_nb.fleet.customers import roll
from sfsip_nb.fleet.given import read_fleet
from sfsip_nb.inputs import facts
from sfsip_nb.inputs.errors import InputError
from tests.fleet import cheap
from tests.unreachable import live_file


def refused(file: Path, *words: str) -> str:
    """The one paragraph with which the command ends, before anything is written."""
    before = sorted(file.parent.rglob("*"))
    done = CliRunner().invoke(cli.app, ["fleet", str(file), *words])
    assert done.exit_code == 2, done.output
    assert done.stderr.count("\n") == 1, "one paragraph"
    assert done.stdout == ""
    assert sorted(file.parent.rglob("*")) == before
    return done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no parameters"),
        ("- a\n", "holds no parameters"),
        ("parameters: [\n", "is not valid YAML at line"),
        ("mode: verify\n", "parameters ({file}, line 1) is missing."),
        ("parameters: []\n", "parameters ({file}, line 1) is an empty list."),
        ("parameters: all.yaml\n", "must be a list"),
        ("parameters: [x.yaml]\n", "names 'x.yaml' under parameters, and no file is there"),
        ("parameters: ['*.yaml']\n", "names '*.yaml' under parameters, and no file is there"),
        ("parameters: [x]\nmodes: plan\n", "modes ({file}, line 2) is not a known name."),
        ("parameters: [x]\nmode: rollback\n", "mode ({file}, line 2)"),
        ("parameters: [x]\nworkers: many\n", "workers ({file}, line 2)"),
        ("parameters: [x]\nlimit: 0\n", "limit ({file}, line 2)"),
    ],
)
def test_a_file_that_is_no_fleet_is_one_paragraph(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(text)
    assert said.format(file=file) in refused(file)


def test_a_file_that_is_not_there_is_one_paragraph(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path / "fleet.yaml")


def test_a_literal_secret_begins_nothing_and_is_not_repeated(tmp_path: Path) -> None:
    file = cheap.fleet_file(tmp_path, "fine")
    canary = "plain-Kq9xw2mN-secret"
    held = cheap.customer_file(tmp_path / "customers", "bad", more=f"sip: {{password: {canary}}}\n")
    said = refused(file)
    assert canary not in said
    assert said.startswith(f"{held} holds a plaintext secret")
    assert "under sip.password" in said


def test_two_files_for_one_run_begin_nothing(tmp_path: Path) -> None:
    file = cheap.fleet_file(tmp_path, "one")
    (tmp_path / "customers" / "two.yaml").write_text((tmp_path / "customers/one.yaml").read_text())
    assert "are both for the run one-genesys" in refused(file)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scheduler", "tcp://127.0.0.1:1"), "which is no address of TLS"),
        (("--night", "../../x"), "which is no folder's name"),
        (("--night", ".x"), "which is no folder's name"),
        (("--mode", "rollback"), "mode ("),
        (("--workers", "2", "--scheduler", "tls://x:1"), "--workers is for this machine"),
    ],
)
def test_wrong_options_are_one_paragraph(tmp_path: Path, words: list[str], said: str) -> None:
    file = cheap.fleet_file(tmp_path, "fine")
    text = CliRunner().invoke(cli.app, ["fleet", str(file), *words])
    assert text.exit_code == 2
    assert said in text.stderr
    assert text.stderr.count("\n") == 1


def test_patterns_count_from_the_files_folder_and_name_each_file_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = cheap.fleet_file(tmp_path / "at", "b", "a")
    file.write_text("parameters: [customers/b.yaml, customers/*.yaml, '**/*.yaml']\n")
    monkeypatch.chdir(tmp_path)
    fleet = read_fleet(file)
    assert [path.name for path in fleet.files] == ["b.yaml", "a.yaml"], "not the fleet's own file"
    assert (fleet.mode, fleet.limit) == ("verify", 3600)
    assert (fleet.results, fleet.runs) == (tmp_path / "fleets" / "night", tmp_path / "runs")


def test_a_tilde_is_the_users_home_in_every_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    made = cheap.customer_file(tmp_path / "home" / "customers", "a")
    (file := tmp_path / "fleet.yaml").write_text(
        "parameters: [~/customers/*.yaml]\nresults: ~/nights\nruns: ~/runs\n"
    )
    fleet = read_fleet(file)
    assert fleet.files == (made,)
    assert (fleet.results, fleet.runs) == (tmp_path / "home/nights", tmp_path / "home/runs")


def test_what_a_worker_is_told_holds_no_secret_and_needs_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = live_file(tmp_path)
    secrets = [path.read_text() for path in tmp_path.glob("secret-*")]
    (fleet := tmp_path / "fleet.yaml").write_text(f"parameters: [{file.name}]\n")
    (with_them,) = roll(read_fleet(fleet)).customers
    for path in tmp_path.glob("secret-*"):
        path.unlink()
    (customer,) = roll(read_fleet(fleet)).customers
    assert customer == with_them
    assert customer.target == "live"
    assert not any(secret.encode() in pickle.dumps(customer) for secret in secrets)


def test_other_inputs_have_another_sum(tmp_path: Path) -> None:
    file = cheap.fleet_file(tmp_path, "one")
    sums = {roll(read_fleet(file)).customers[0].inputs}
    sums.add(roll(read_fleet(file, mode="apply")).customers[0].inputs)
    listed = tmp_path / "customers" / "numbers.csv"
    listed.write_text("number\n+15551230002\n")
    cheap.customer_file(tmp_path / "customers", "one", more="numbers: numbers.csv\n")
    sums.add(roll(read_fleet(file)).customers[0].inputs)
    listed.write_text("number\n+15551230003\n")
    sums.add(roll(read_fleet(file)).customers[0].inputs)
    assert len(sums) == 4


def test_customers_of_one_client_share_its_requests(tmp_path: Path) -> None:
    (fleet := tmp_path / "fleet.yaml").write_text(f"parameters: [{live_file(tmp_path).name}]\n")
    whole = roll(read_fleet(fleet))
    (one,) = whole.customers
    (parameters,) = whole.parameters.values()
    other = parameters.model_copy(
        update={"genesys": parameters.genesys.model_copy(update={"client_id": "another"})}
    )
    names = [f"customer-{number}" for number in range(20)]
    told = [replace(one, run=name) for name in names]
    by_name = dict.fromkeys(names, parameters) | {"customer-19": other}

    def shared(at_once: int) -> dict[str, tuple[int, float]]:
        made = budgets.budgeted(told, by_name, at_once)
        assert len({customer.budget for customer in made[:19]}) == 1
        assert made[19].budget != made[0].budget
        assert all(parameters.genesys.client_id not in json.dumps(c.__dict__) for c in made)
        return {customer.run: (customer.leases, customer.per_minute) for customer in made}

    limit = facts.requests_per_minute("genesys")
    assert limit == 300
    for at_once, leases in ((1, 1), (4, 4), (200, 9)):
        found = shared(at_once)
        assert {found[name] for name in names[:19]} == {(leases, limit * 0.9 / leases)}
        assert found["customer-19"] == (1, limit * 0.9)
    first, second = (budgets.budgeted(told, by_name, 2)[0].budget for _ in "12")
    assert first != second, "salted anew"


def test_a_rehearsal_shares_nothing(tmp_path: Path) -> None:
    whole = roll(read_fleet(cheap.fleet_file(tmp_path, "one", "two")))
    made = budgets.budgeted(whole.customers, whole.parameters, 2)
    assert {customer.budget for customer in made} == {""}


def test_a_fleet_without_dask_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    assert "pip install 'sfsip-nb[fleet]'" in refused(cheap.fleet_file(tmp_path, "one"))


def test_wrong_inputs_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("target: live\n")
    (fleet := tmp_path / "fleet.yaml").write_text("parameters: [x.yaml]\n")
    (row,) = roll(read_fleet(fleet)).refused
    assert (row.run, row.exit_code, row.outcome) == ("x.yaml", 2, "not run")
    with pytest.raises(InputError):
        read_fleet(tmp_path / "none.yaml")
