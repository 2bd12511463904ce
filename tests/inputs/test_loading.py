"""Parameters from files, --set and notebooks: one check, and messages that say what to do."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sfsip_nb.inputs import samples
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.load import (
    example_yaml,
    from_namespace,
    load_file,
    parameters_cell,
    parse_set,
)
from sfsip_nb.inputs.schema import GUIDES, Parameters, parameters_model, sample
from sfsip_nb.inputs.yamltree import read_mapping
from sfsip_nb.platforms.genesys import samples as genesys_samples

SECRET = "hunter2-in-the-clear"

# A live customer, complete. Numbers are ordinary ones of London.
LIVE = """\
target: live
customer: Northwind
numbers: ["+442079460001"]
sip:
  transport: udp
  authentication: digest
  username: northwind
  password: env:T_SIP
synthflow:
  region: eu
  workspace_id: w-1
  api_key: env:T_KEY
  assistant: Front desk
  transfer: {number: "+442079460002", mode: cold}
genesys:
  region: eu-west-2
  client_id: c-1
  client_secret: env:T_SECRET
  site: Main Site
  trunk_name: Synthflow AI
  termination_identifier: synthflow-northwind
  caller_address: "+442079460001"
  caller_name: Northwind
  inbound_flow: Reception
  transfer_queue: Support
  transfer_flow: Transfer
"""
Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("T_SIP", "T_KEY", "T_SECRET"):
        monkeypatch.setenv(name, f"value-of-{name}")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str, *changes: tuple[str, str]) -> Path:
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        file = tmp_path / "northwind.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def complaint(file: Path, *sets: str) -> InputError:
    with pytest.raises(InputError) as caught:
        load_file(file, sets)
    return caught.value


@pytest.mark.parametrize("guide", GUIDES)
def test_the_testbed_file_loads(guide: str) -> None:
    parameters = load_file(f"parameters/{guide}.testbed.yaml")
    assert parameters.guide == guide
    assert parameters.run_name == f"testbed-customer-{guide}"
    assert parameters.effective_mode == "apply"
    assert parameters.secrets()["sip.password"].reveal() == samples.testbed_secret("sip-password")


@pytest.mark.parametrize("guide", GUIDES)
def test_file_and_cell_mean_the_same(guide: str) -> None:
    namespace: dict[str, Any] = {"something": "else"}
    exec(parameters_cell(guide), namespace)
    assert from_namespace(guide, namespace) == load_file(f"parameters/{guide}.testbed.yaml")


def test_a_live_file_loads_and_plans(write: Write) -> None:
    parameters = load_file(write(LIVE))
    assert parameters.effective_mode == "plan"
    assert parameters.test_calls.allowed is False
    assert parameters.people == {}
    assert {key: s.reveal() for key, s in parameters.secrets().items()} == {
        "sip.password": "value-of-T_SIP",
        "synthflow.api_key": "value-of-T_KEY",
        "genesys.client_secret": "value-of-T_SECRET",
    }


def test_values_are_trimmed(write: Write) -> None:
    file = write(LIVE, ("site: Main Site", 'site: "  Main Site "'), ("Northwind\n", '" N "\n'))
    parameters: Any = load_file(file)
    assert (parameters.genesys.site, parameters.customer) == ("Main Site", "N")


def test_on_the_testbed_missing_keys_are_the_testbed_customers(write: Write) -> None:
    parameters: Any = load_file(write("target: testbed\ngenesys: {site: Other}\n"))
    assert parameters.genesys.site == "Other"
    assert parameters.genesys.trunk_name == samples.TRUNK_NAME
    assert parameters.numbers == (samples.DID,)


def test_confirmed_addresses_are_not_mixed_with_the_samples(write: Write) -> None:
    text = "target: testbed\ngenesys: {}\nsynthflow: {signalling_addresses: {}}\n"
    addresses = load_file(write(text)).synthflow.signalling_addresses
    assert addresses.addresses == []
    assert addresses.confirmed_on is None


@pytest.mark.parametrize(
    "line",
    [
        'numbers: ["+442079460001"]',
        "  region: eu\n",
        "  username: northwind\n",
        "  workspace_id: w-1\n",
        "  password: env:T_SIP\n",
        '  transfer: {number: "+442079460002", mode: cold}\n',
        "  site: Main Site\n",
        "  trunk_name: Synthflow AI\n",
        "  termination_identifier: synthflow-northwind\n",
        '  caller_address: "+442079460001"\n',
        "customer: Northwind\n",
    ],
)
def test_a_live_file_that_lacks_a_key_stops_and_names_it(write: Write, line: str) -> None:
    error = complaint(write(LIVE, (line, "")))
    name = line.split(":")[0].strip()
    assert error.key.split(".")[-1] == name
    assert "northwind.yaml" in str(error)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("customer: Northwind", "customer: testbed customer", "customer"),
        ('["+442079460001"]', '["+15551230001"]', "numbers[0]"),
        ('"+442079460002"', '"+12025550142"', "synthflow.transfer.number"),
        ("env:T_SIP", "testbed:sip-password", "sip.password"),
        ("username: northwind", "username: acme-trunk", "sip.username"),
        ("workspace_id: w-1", f"workspace_id: {samples.SYNTHFLOW_WORKSPACE_ID}",
         "synthflow.workspace_id"),
        ("client_id: c-1", f"client_id: {genesys_samples.CLIENT_ID}", "genesys.client_id"),
        ("site: Main Site", "site: Acme Main Site", "genesys.site"),
        ("synthflow-northwind", "synthflow-acme", "genesys.termination_identifier"),
        ("genesys:\n", "people: {trunk.acl: {done_by: Testbed administrator}}\ngenesys:\n",
         "people.trunk.acl.done_by"),
        ("genesys:\n", 'adopt: ["genesys.did:+15551230050"]\ngenesys:\n', "adopt[0]"),
        ("genesys:\n", 'test_calls: {destinations: ["+15550100188"]}\ngenesys:\n',
         "test_calls.destinations[0]"),
        ("genesys:\n", "testbed: {faults: [synthflow.busy]}\ngenesys:\n", "testbed.faults"),
    ],
)  # fmt: skip
def test_a_live_run_refuses_what_is_the_testbed_customers(
    write: Write, old: str, new: str, key: str
) -> None:
    error = complaint(write(LIVE, (old, new)))
    assert error.key == key
    assert "testbed" in str(error) or "examples" in str(error)


def test_the_sample_with_target_live_is_refused_value_by_value(write: Write) -> None:
    text = example_yaml("genesys", live=False).replace("target: testbed", "target: live")
    keys = {problem.key for problem in complaint(write(text)).problems}
    assert {"customer", "numbers[0]", "sip.password", "genesys.site", "test_calls.from"} <= keys
    assert len(keys) > 20


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ('["+442079460001"]', "[+442079460001]", "numbers[0]",
         ["line 3", "the number 442079460001, and the + is lost", 'quotes: "+442079460001"']),
        ('["+442079460001"]', "[00442079460001]", "numbers", ["entry 1", "'+442079460001'"]),
        ('["+442079460001"]', "[0044123]", "numbers[0]", ["octal number, 18515", '"0044123"']),
        ('["+442079460001"]', '"+442079460001"', "numbers", ["must be a list"]),
        ('["+442079460001"]', "[]", "numbers", ["empty list"]),
        ('["+442079460001"]', '["020 7946 0001"]', "numbers", ["entry 1", "E.164"]),
        ('["+442079460001"]', '["+442079460001", "+442079460001"]', "numbers", ["more than once"]),
        ('["+442079460001"]', '["+44999"]', "numbers", ["never called"]),
        ('"+442079460002"', '"+1911"', "synthflow.transfer.number", ["never called"]),
        ('"+442079460002"', '"+449098790000"', "synthflow.transfer.number", ["premium-rate"]),
        ('"+442079460002"', '"+442079460001"', "synthflow.transfer.number", ["come back"]),
        ("site: Main Site", "site: no", "genesys.site", ["means no", 'quotes: "no"']),
        ("site: Main Site", "site: 2026-11-20", "genesys.site", ["a date", '"2026-11-20"']),
        ("site: Main Site", "site: 1.50", "genesys.site", ["the number 1.5", '"1.50"']),
        ("site: Main Site", "site:", "genesys.site", ["no value", "number plans"]),
        ("site: Main Site", "site: [a]", "genesys.site", ["not a list"]),
        ("site: Main Site", 'site: "a\\nb"', "genesys.site", ["line break"]),
        ("  site: Main Site", "  sites: Main Site", "genesys.sites", ["Did you mean site?"]),
        ("  site: Main Site", "  api_key: x", "genesys.api_key", ["synthflow.api_key"]),
        ("customer: Northwind", "custmer: Northwind", "custmer", ["Did you mean customer?"]),
        ("transport: udp", "transport: UDP", "sip.transport", ["udp, tcp, tls", "mean udp?"]),
        ("region: eu\n", "region: eu-west\n", "synthflow.region", ["us, eu, global"]),
        ("region: eu-west-2", "region: eu-west2", "genesys.region", ["Did you mean eu-west-2?"]),
        ("region: eu-west-2", "region: euw2", "genesys.region", ["Did you mean eu-west-2?"]),
        ("region: eu-west-2", "region: euw2.pure.cloud", "genesys.region", ["mean eu-west-2?"]),
        ("synthflow-northwind", "synthflow.byoc.euw2.pure.cloud", "genesys.termination_identifier",
         ["only the label"]),
        ("caller_name: Northwind", "caller_name: " + "x" * 41, "genesys.caller_name", ["40"]),
        ("  site: Main", "  inbound_fqdn: sip:a.example.com\n  site: Main", "genesys.inbound_fqdn",
         ["leave out 'sip:'", "'a.example.com'"]),
        ("  site: Main", "  inbound_fqdn: a.example.com:5060\n  site: Main", "genesys.inbound_fqdn",
         ["with a port", "'a.example.com'"]),
        ("  site: Main", "  inbound_fqdn: a .example.com\n  site: Main", "genesys.inbound_fqdn",
         ["a space"]),
        ("  site: Main", "  caller_priority: [source]\n  site: Main", "genesys.caller_priority",
         ["Did you mean Source?"]),
        ("authentication: digest", "outbound_proxy: a.example:0", "sip.outbound_proxy", ["65535"]),
        ("genesys:\n", "mode: aply\ngenesys:\n", "mode", ["Did you mean apply?"]),
        ("genesys:\n", "run: ../../etc\ngenesys:\n", "run", ["names a folder"]),
        ("genesys:\n", "adopt: [everything]\ngenesys:\n", "adopt", ["system.kind:name"]),
        ("genesys:\n", "keep_media: 'yes'\ngenesys:\n", "keep_media", ["boolean"]),
        ("genesys:\n", "test_calls: {max: 9999}\ngenesys:\n", "test_calls.max", ["100"]),
        ("genesys:\n", "testbed: {url: http://10.0.0.1}\ngenesys:\n", "testbed.url", ["127.0.0.1"]),
        ("genesys:\n", "people: {trunk.acl: {done_by: A, done_at: soon}}\ngenesys:\n",
         "people.trunk.acl.done_at", ["2026-11-20"]),
        ("genesys:\n", "people: {trunk.acl: {don_by: A}}\ngenesys:\n",
         "people.trunk.acl.don_by", ["Did you mean done_by?"]),
        ("genesys:\n", "waive: [{check: c, reason: r, by: b}]\ngenesys:\n",
         "waive[0].until", ["is missing"]),
        ("target: live", "target: prod", "target", ["testbed", "live"]),
        ("target: live\n", "", "target", ["testbed", "live"]),
        ("genesys:\n", "talkdesk: {}\ngenesys:\n", "", ["more than one"]),
        ("genesys:\n", "genisys:\n", "", ["holds none"]),
        ("customer: Northwind", "customer: A\ncustomer: B", "customer", ["twice", "line 3"]),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_place_and_the_way_out(
    write: Write, old: str, new: str, key: str, says: list[str]
) -> None:
    file = write(LIVE, (old, new))
    problems = complaint(file).problems
    error = next(p for p in problems if p.key == (key or str(file)))
    text = str(error)
    assert text.startswith(key)
    assert "\n" not in text
    assert all(words in text for words in says), text
    assert "pydantic" not in text


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("password: env:T_SIP", f"password: {SECRET}", "sip.password"),
        ("password: env:T_SIP", "password: 123456789", "sip.password"),
        ("api_key: env:T_KEY", f"api_key: [{SECRET}]", "synthflow.api_key"),
        ("client_secret: env:T_SECRET", f"client_secret: {SECRET}", "genesys.client_secret"),
        ("genesys:\n", f"password: {SECRET}\ngenesys:\n", "password"),
        ("genesys:\n", f"people: {{a.b: {{done_by: A, values: {{pwd: {SECRET}}}}}}}\ngenesys:\n",
         "people.a.b.values.pwd"),
    ],
)  # fmt: skip
def test_a_secret_in_the_clear_is_refused_and_never_repeated(
    write: Write, old: str, new: str, key: str
) -> None:
    error = complaint(write(LIVE, (old, new)))
    text = str(error) + repr(error) + "".join(map(repr, error.problems))
    assert error.key == key
    assert not any(part in text for part in ("hunter", "clear-", "123456789"))


def test_broken_yaml_is_placed_and_its_line_not_repeated(write: Write) -> None:
    for broken in (f"password: '{SECRET}", f"password: [{SECRET}", f"\tpassword: {SECRET}"):
        error = complaint(write(LIVE, ("password: env:T_SIP", broken)))
        assert "not valid YAML at line " in str(error)
        assert "column " in str(error)
        assert "hunter" not in str(error)


@pytest.mark.parametrize(
    "text",
    ["", "just text", "- a\n- b\n", "a: &x 1\nb: *x\n", "a: !!python/object:os.system {}\n",
     "a: \x07\n", "[" * 5000],
)  # fmt: skip
def test_what_is_no_parameters_file_is_refused(write: Write, text: str) -> None:
    assert "northwind.yaml" in str(complaint(write(text)))


def test_a_missing_file_is_named_with_the_nearest_one(write: Write) -> None:
    file = write(LIVE)
    error = complaint(file.with_name("nothwind.yaml"))
    assert "Did you mean northwind.yaml?" in str(error)
    assert "cannot be read" in str(complaint(file.parent))


def test_a_secret_that_is_not_there_stops_the_run_before_it_starts(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("T_KEY")
    error = complaint(write(LIVE))
    assert error.key == "synthflow.api_key"
    assert "T_KEY, which is not set" in str(error)


def test_all_problems_are_told_at_once(write: Write) -> None:
    error = complaint(
        write(
            LIVE, ("transport: udp", "transport: sctp"), ("env:T_SIP", SECRET), ("eu-west-2", "x")
        )
    )
    head, *paragraphs = str(error).split("\n\n")
    assert head.startswith("3 inputs in ")
    assert [p.key for p in error.problems] == ["sip.transport", "sip.password", "genesys.region"]
    assert list(map(str, error.problems)) == paragraphs


def test_days_and_times_may_stand_without_quotes(write: Write) -> None:
    more = """
waive: [{check: a/b, reason: r, by: b, until: 2026-12-31}]
people:
  trunk.acl: {done_by: A, done_at: 2026-11-20T14:30:00Z}
  trunk.inbound: {done_by: B, done_at: 2026-11-20}
"""
    signed = "{addresses: [35.237.42.43], confirmed_on: 2026-11-20, confirmed_by: A}"
    file = write(
        LIVE + more, ("  region: eu\n", f"  region: eu\n  signalling_addresses: {signed}\n")
    )
    parameters = load_file(file)
    assert parameters.waive[0].until == date(2026, 12, 31)
    assert parameters.synthflow.signalling_addresses.confirmed_on == date(2026, 11, 20)
    assert parameters.people["trunk.acl"].done_at == "2026-11-20T14:30:00+00:00"
    assert parameters.people["trunk.inbound"].done_at == "2026-11-20"


def test_set_goes_over_the_file(write: Write) -> None:
    sets = [
        "mode=verify",
        "genesys.site=Other",
        'numbers=["+442079460009"]',
        "people.a.b.done_by=A",
    ]
    parameters: Any = load_file(write(LIVE), sets)
    assert (parameters.mode, parameters.genesys.site) == ("verify", "Other")
    assert parameters.numbers == ("+442079460009",)
    assert parameters.people["a.b"].done_by == "A"


@pytest.mark.parametrize(
    ("assignment", "says"),
    [
        ("mode", "name=VALUE"),
        ("=x", "name=VALUE"),
        ("numbers=[+442079460001]", "--set numbers"),
        ("customer.name=x", "not a group"),
        ("sip.pasword=x", "Did you mean password?"),
        ("customer=", "no value"),
        (f"sip.password={SECRET}", "plaintext"),
        (f"sip.password='{SECRET}", "not valid YAML"),
    ],
)
def test_a_wrong_set_is_named(write: Write, assignment: str, says: str) -> None:
    error = complaint(write(LIVE), assignment)
    assert says in str(error)
    assert "hunter" not in str(error)


def test_set_values_are_yaml() -> None:
    assert parse_set("test_calls.max=5")[:2] == (("test_calls", "max"), 5)
    assert parse_set("customer=A=B")[:2] == (("customer",), "A=B")


def test_a_notebooks_cell_is_checked_in_the_same_way() -> None:
    namespace: dict[str, Any] = {}
    exec(parameters_cell("genesys"), namespace)
    namespace["numbers"] = [15551230001]
    namespace["sip"]["transprt"] = "udp"
    with pytest.raises(InputError) as caught:
        from_namespace("genesys", namespace)
    assert {p.key for p in caught.value.problems} == {"numbers[0]", "sip.transprt"}
    assert "the parameters cell" in str(caught.value)


@pytest.mark.parametrize(
    "customer", ["Ünïcode & Söhne GmbH", "株式会社", "../../etc/passwd", "a" * 200]
)
def test_the_run_name_is_a_safe_folder_name(customer: str) -> None:
    values = sample(parameters_model("genesys"), "genesys") | {"customer": customer}
    name = parameters_model("genesys").model_validate(values).run_name
    assert name.endswith("-genesys")
    assert len(name) < 90
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not name.startswith("-")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(parameters_model("genesys").model_fields)), anything)
def test_any_value_is_taken_or_refused_with_an_input_error(name: str, value: Any) -> None:
    namespace = sample(parameters_model("genesys"), "genesys") | {name: value}
    with contextlib.suppress(InputError):
        assert isinstance(from_namespace("genesys", namespace), Parameters)


@given(st.text(max_size=60))
def test_any_text_is_taken_or_refused_with_an_input_error(text: str) -> None:
    with contextlib.suppress(InputError):
        assert read_mapping(f"target: testbed\ncustomer: {text}\n", "f.yaml").data


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("live", [False, True])
def test_the_files_are_what_the_schema_generates(guide: str, live: bool) -> None:
    file = Path(f"parameters/{guide}.{'example' if live else 'testbed'}.yaml")
    assert file.read_text(encoding="utf-8") == example_yaml(guide, live)


@pytest.mark.parametrize("guide", GUIDES)
def test_the_live_example_lacks_only_what_the_user_knows(
    guide: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SIP_PASSWORD", "SYNTHFLOW_API_KEY", "GENESYS_CLIENT_SECRET"):
        monkeypatch.setenv(name, "a-secret")
    monkeypatch.setenv("TALKDESK_CLIENT_SECRET", "a-secret")
    file = f"parameters/{guide}.example.yaml"
    problems = complaint(Path(file)).problems
    assert len(problems) > 8
    assert all("no value" in str(p) or "empty" in str(p) for p in problems)


@pytest.mark.parametrize("guide", GUIDES)
def test_every_key_of_the_example_is_commented(guide: str) -> None:
    lines = example_yaml(guide, live=True).splitlines()
    for before, line in itertools.pairwise(lines):
        if line.strip() and not line.lstrip().startswith("#"):
            assert before.lstrip().startswith("# "), line


@pytest.mark.parametrize("guide", GUIDES)
def test_papermills_help_shows_every_parameter_with_type_and_help(
    guide: str, tmp_path: Path
) -> None:
    import papermill

    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "parameters",
        "metadata": {"tags": ["parameters"]},
        "execution_count": None,
        "outputs": [],
        "source": parameters_cell(guide),
    }
    kernel = {"name": "python3", "language": "python", "display_name": "Python"}
    notebook = {"cells": [cell], "metadata": {"kernelspec": kernel}}
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(notebook | {"nbformat": 4, "nbformat_minor": 5}))
    shown = papermill.inspect_notebook(str(path))
    model = parameters_model(guide)
    assert list(shown) == [f.alias or name for name, f in model.model_fields.items()]
    for name, field in model.model_fields.items():
        assert shown[field.alias or name]["help"] == field.description
        assert shown[field.alias or name]["inferred_type_name"] in (
            "str",
            "bool",
            "int",
            "list",
            "dict",
        )


def test_the_example_is_plain_yaml() -> None:
    assert yaml.safe_load(example_yaml("genesys", live=False))["numbers"] == [samples.DID]
