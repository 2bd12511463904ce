"""Nothing may dial an emergency, crisis, short, premium or shared-cost number, in any country."""

from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from phonenumbers.phonemetadata import PhoneMetadata

from sfsip_nb.inputs import samples
from sfsip_nb.inputs.numbers import dial_refusal, is_sample, parse_e164

COSTLY = (
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.PERSONAL_NUMBER,
)
ORDINARY = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.TOLL_FREE)


def examples(kinds: tuple[int, ...]) -> list[str]:
    found = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in kinds:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                found.append(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    return found


@pytest.mark.parametrize(
    "number",
    [
        *("911", "112", "999", "000", "110", "988", "116123", "0112", "00911", "9-1-1"),
        *("+911", "+112", "+1911", "+1988", "+1112", "+44999", "+44112", "+61000"),
        *("+49110", "+86110"),
        *("sip:911@example.com", "tel:+1911", "+1 (911)", " 911 ", "+٩١١"),
        *("+19115551234", "+19885551234"),  # ten digits that begin like one
    ],
)
def test_emergency_and_crisis_numbers_are_refused_however_written(number: str) -> None:
    assert dial_refusal(number)


@pytest.mark.parametrize(
    "text", ["ws-123", "us-west-1", "acme-911", "id 4711", "SIP 12", "7e57bed0", "abc", "O800112"]
)
def test_an_id_or_a_region_is_refused_as_no_number_at_all(text: str) -> None:
    refusal = dial_refusal(text)
    assert refusal is not None
    assert "is not a telephone number" in refusal
    with pytest.raises(ValueError, match="is not a telephone number"):
        parse_e164(text)


@pytest.mark.parametrize(
    "number",
    ["+18002738255", "+18334564566", "+44116123", "+49116123", "+61131114", "+498001110111"],
)
def test_full_numbers_of_suicide_prevention_lines_are_refused(number: str) -> None:
    assert dial_refusal(number)


@pytest.mark.parametrize(
    "number",
    [
        *("+19005551234", "+19001234567", "1900", "+1900", "+12129765555"),
        *("+449098790000", "+4409098790000", "+448431234567", "+448712345678", "+447012345678"),
        *("+4990012345", "+491805123456", "+33899123456", "+34803123456", "+34902123456"),
        *("+979123456789", "+80812345678", "+881612345678", "+870773111632", "+819901234567"),
        *("+1 900 555 1234", "+1９００5551234", "+611900123456", "+611300123456"),
    ],
)
def test_premium_shared_cost_and_satellite_numbers_are_refused(number: str) -> None:
    assert dial_refusal(number)


def test_every_costly_example_of_every_country_is_refused() -> None:
    numbers = examples(COSTLY)
    assert len(numbers) > 200
    assert [number for number in numbers if dial_refusal(number) is None] == []


def test_every_short_number_example_is_refused_with_and_without_country_code() -> None:
    dialled = []
    for region in sorted(phonenumbers.SUPPORTED_SHORT_REGIONS):
        data = PhoneMetadata.short_metadata_for_region(region)
        assert data is not None
        code = phonenumbers.country_code_for_region(region)
        for desc in (data.emergency, data.premium_rate, data.short_code, data.toll_free):
            if desc and (short := desc.example_number):
                dialled += [short, f"+{short}", f"+{code}{short}"]
    assert len(dialled) > 1000
    assert [number for number in dialled if dial_refusal(number) is None] == []


def test_ordinary_numbers_of_every_country_may_be_dialled() -> None:
    refused = [number for number in examples(ORDINARY) if dial_refusal(number)]
    assert refused == []


@pytest.mark.parametrize("number", [samples.DID, samples.TRANSFER_NUMBER, samples.CALLER])
def test_sample_numbers_may_be_dialled_and_are_known_as_samples(number: str) -> None:
    assert dial_refusal(number) is None
    assert is_sample(number)


@pytest.mark.parametrize(
    ("number", "sample"),
    [("+12025550142", True), ("+12025550200", False), ("+442079460000", False)],
)
def test_numbers_reserved_for_fiction_are_samples(number: str, sample: bool) -> None:
    assert is_sample(number) is sample


def test_surrounding_white_space_is_dropped() -> None:
    assert parse_e164(" +15551230001\n") == "+15551230001"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("15551230001", "write + and the country code"),
        ("+1 555 123 0001", "write '+15551230001'"),
        ("+44(0)2079460000", "write '+442079460000'"),
        ("+1555123", "too many or too few"),
        ("+155512300012345", "too many or too few"),
        ("+999123456789", "not in E.164"),
        ("+15551230001;ext=5", "write '+15551230001'"),
        ("sip:+15551230001@example.com", "write '+15551230001'"),
        ("", "not in E.164"),
    ],
)
def test_a_number_in_another_form_is_refused_with_the_way_to_write_it(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"E\.164|digits") as caught:
        parse_e164(text)
    assert says in str(caught.value)
    assert dial_refusal(text)


def test_a_refusal_is_one_short_printable_line() -> None:
    reason = dial_refusal("+1\n<script>\x1b[31m" + "9" * 200)
    assert reason
    assert reason.isprintable()
    assert len(reason) < 200
