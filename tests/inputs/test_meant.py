"""Values written otherwise than the parameters have them, and what they plainly mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat

from sfsip_nb.inputs import answered, fields, numbers, ranges
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.generate import live_values
from sfsip_nb.inputs.load import load_file
from sfsip_nb.inputs.meant import choice, meant
from sfsip_nb.inputs.schema import parameters_model
from sfsip_nb.platforms.genesys.regions import region_of, regions

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
NATIONAL = [PhoneNumberFormat.NATIONAL]
ABROAD = [PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.RFC3966, PhoneNumberFormat.E164]


def e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def example(region: str) -> phonenumbers.PhoneNumber:
    found = phonenumbers.example_number(region)
    assert found is not None
    return found


@given(st.sampled_from(REGIONS), st.sampled_from(ABROAD), st.sampled_from(["", " ", "\u00a0"]))
def test_a_number_of_any_country_is_understood_as_it_is_written_abroad(
    region: str, form: int, around: str
) -> None:
    number = example(region)
    written = around + phonenumbers.format_number(number, form) + around
    assert numbers.meant(written) == e164(number)
    assert numbers.meant(written.replace("+", "00")) == e164(number)


@given(st.sampled_from(REGIONS))
def test_a_national_number_may_be_any_countrys_and_stays(region: str) -> None:
    written = phonenumbers.format_number(example(region), PhoneNumberFormat.NATIONAL)
    if not written.startswith("00"):
        assert numbers.meant(written) == written


@given(st.text(alphabet="+0123456789 ()-./x;=:@,\u2013", max_size=24))
def test_no_digit_is_made_up_and_what_is_understood_stays(text: str) -> None:
    said = numbers.meant(text)
    assert numbers.meant(said) == said
    if said != text:
        digits = iter("".join(filter(str.isdigit, text)))
        assert all(digit in digits for digit in said[1:]), "the same digits, in the same order"
        assert numbers.parse_e164(said) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("+1 (650) 253-0011", "+16502530011"),
        ("+44 (0)20 7946 0001", "+442079460001"),
        ("sip:+16502530011@sbc.example.com", "+16502530011"),
        ("+1 650 253 0011 x12", "+1 650 253 0011 x12"),
        ("+1 800 FLOWERS", "+1 800 FLOWERS"),
        ("(650) 253-0011", "(650) 253-0011"),
        ("+1 650", "+1 650"),
    ],
)
def test_a_number_is_taken_where_it_is_plain(written: str, said: str) -> None:
    assert numbers.meant(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("+1 555 123 0000..99", "+15551230000..99"),
        ("+1 555-123-0000 .. +1 555-123-0099", "+15551230000..+15551230099"),
        ("+15551230000..99", "+15551230000..99"),
        ("one..two", "one..two"),
    ],
)
def test_a_range_is_taken_where_it_is_plain(written: str, said: str) -> None:
    assert ranges.meant(written) == said


def test_a_line_keeps_what_stands_beside_its_number() -> None:
    line = '+1 (555) 123-0001, Billing, "Bills, late"'
    assert answered.meant(line) == '+15551230001, Billing, "Bills, late"'
    assert answered.meant("acme.csv") == "acme.csv"
    assert answered.meant("a, b, c, d") == "a, b, c, d"


@pytest.mark.parametrize(
    ("written", "host", "with_port"),
    [
        ("sip:sbc.example.com;transport=tls", "sbc.example.com", "sbc.example.com"),
        ("https://sbc.example.com/path?x=1", "sbc.example.com", "sbc.example.com"),
        ("<sips:a@sbc.example.com:5061>", "sbc.example.com", "sbc.example.com:5061"),
        ("sbc.example.com.", "sbc.example.com", "sbc.example.com"),
        ("[2001:db8::1]:5060", "2001:db8::1", "[2001:db8::1]:5060"),
        ("2001:db8::1", "2001:db8::1", "2001:db8::1"),
        ("sip:no host here", "sip:no host here", "sip:no host here"),
        ("sip:sbc", "sip:sbc", "sip:sbc"),
    ],
)
def test_a_host_is_found_in_a_uri(written: str, host: str, with_port: str) -> None:
    assert fields.host_of(written) == host
    assert fields.host_and_port_of(written) == with_port


@given(st.text(max_size=60))
def test_a_host_that_is_understood_stays(text: str) -> None:
    for reading in (fields.host_of, fields.host_and_port_of):
        assert reading(reading(text)) == reading(text)


@pytest.mark.parametrize(
    ("written", "said"),
    [("US", "us"), ("USA", "us"), ("Europe", "eu"), ("u.s.", "us"), ("Cold ", "Cold ")],
)
def test_a_choice_is_taken_in_any_capitals_and_by_its_country(written: str, said: str) -> None:
    assert choice(written, ["us", "eu", "global"]) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("US-West-2", "us-west-2"),
        ("us_west_2", "us-west-2"),
        ("https://apps.usw2.pure.cloud/directory/#/admin", "us-west-2"),
        ("euw2", "eu-west-2"),
        ("login.mypurecloud.com.au", "ap-southeast-2"),
        ("eu-central", "eu-central"),
        ("mypurecloud", "mypurecloud"),
    ],
)
def test_a_genesys_region_is_known_by_its_hosts_too(written: str, said: str) -> None:
    assert region_of(written) == said


@given(st.sampled_from(sorted(regions())))
def test_every_region_is_itself(name: str) -> None:
    assert region_of(name) == region_of(name.upper()) == region_of(regions()[name].domain) == name


TYPED: dict[str, tuple[Any, Any]] = {
    "numbers": (["+1 (212) 736-3102, Billing"], ["+12127363102, Billing"]),
    "synthflow.region": ("USA", "us"),
    "synthflow.transfer.number": ("+1 212 736 3104", "+12127363104"),
    "test_calls.destinations": (["+1 212 736 3105..06"], ["+12127363105..06"]),
    "sip.transport": ("UDP", "udp"),
    "sip.outbound_proxy": ("sip:proxy.example.com:5061", "proxy.example.com:5061"),
    "genesys.region": ("https://apps.euw2.pure.cloud/", "eu-west-2"),
    "genesys.termination_identifier": ("northwind.byoc.euw2.pure.cloud", "northwind"),
    "genesys.site": ("  US  ", "  US  "),
}


@pytest.mark.parametrize("key", TYPED)
def test_a_form_takes_what_is_meant_and_says_what_it_made_of_it(key: str) -> None:
    typed, taken = TYPED[key]
    draft = Draft("genesys", live_values("genesys") | {"customer": "Northwind"})
    draft.note(key, typed)
    assert draft.value(key) == taken
    assert key not in draft.problems()
    assert draft.understood == ({key: taken} if typed != taken else {})
    draft.note(key, taken)
    assert draft.understood == {}


@pytest.mark.parametrize("key", sorted(set(TYPED) - {"genesys.site"}))
def test_a_file_keeps_its_one_spelling_and_is_told_it(key: str, tmp_path: Path) -> None:
    typed, taken = TYPED[key]
    file = tmp_path / "acme.yaml"
    file.write_text("target: testbed\ngenesys: {}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_file(file, [f"{key}={typed!r}"])
    bare = taken[0].partition(",")[0] if isinstance(taken, list) else taken
    assert bare in str(caught.value).replace(repr(typed), "")


def test_talkdesks_account_is_found_in_its_address() -> None:
    field = parameters_model("talkdesk").model_fields["talkdesk"].annotation
    account = field.model_fields["account"]  # type: ignore[union-attr]
    assert meant(account, "https://Northwind.mytalkdesk.com/atlas") == "northwind"
    assert meant(account, "northwind") == "northwind"
