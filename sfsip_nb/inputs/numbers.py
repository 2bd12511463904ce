"""Telephone numbers: E.164, and which numbers nothing may ever dial.

The refusals use Google's numbering data (`phonenumbers`), for every country that it knows.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, shortnumberinfo
from phonenumbers.phonemetadata import PhoneMetadata

_DIALED = re.compile(r"(?i)(?:tel:|sips?:)?[\W\d_]*(?:@.*|;.*)?")
"""What may be dialed: digits and signs, as a URI or without."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")

_POSSIBLE = phonenumbers.ValidationResult.IS_POSSIBLE  # which one for local dialing only is not

_WITH_PREFIX = re.compile(
    r"(?i)(?:tel:|sips?:)?\s*\(?(?:\+|00(?=[\s().-]*[1-9]))(?P<rest>[\d\s()./\-\u2010-\u2015]+)"
    r"(?:@[^\s,;]*)?"
)
"""A number behind an international prefix, with what people put between its digits (E.123)."""

# Codes without a country: satellite and international networks, charged like premium numbers.
_NETWORK_CODES = frozenset({870, 878, 881, 882, 883})

# Short numbers that are refused without asking which country they are dialed in.
_EVERYWHERE = ("112", "911", "999", "000", "988", "116123")

_COSTLY = {
    PhoneNumberType.PREMIUM_RATE: "premium-rate",
    PhoneNumberType.SHARED_COST: "shared-cost",
    PhoneNumberType.PERSONAL_NUMBER: "personal (its owner sets the price)",
}

# Full numbers of suicide-prevention lines, beside the short ones that `phonenumbers` knows.
# The first is what Genesys makes of 988 in its Suicide Prevention number plan.
_SUICIDE_PREVENTION = frozenset(
    {
        "+18002738255",  # US, 988 Lifeline
        "+18007994889",  # US, 988 Lifeline, TTY
        "+18886289454",  # US, 988 Lifeline, Spanish
        "+18007842433",  # US, 1-800-SUICIDE
        "+18334564566",  # Canada, Talk Suicide
        "+64508828865",  # New Zealand, Suicide Crisis Helpline
        "+498001110111",  # Germany, TelefonSeelsorge
        "+498001110222",
    }
)


def meant(text: str) -> str:
    """The number in E.164 form that `text` plainly is; else `text`.

    Only an international prefix, + or 00, makes it plain: a national number may be any country's.
    """
    written = _WITH_PREFIX.fullmatch(text.strip())
    number = _parse(f"+{written['rest']}") if written else None
    possible = number and phonenumbers.is_possible_number_with_reason(number)
    return _e164(number) if number and possible == _POSSIBLE else text


def parse_e164(text: str) -> str:
    """`text` without surrounding white space, if it is a possible number in E.164 form.

    Possible means a length that its country's plan allows, not that it is in use. Raises
    ValueError with a sentence that says what is wrong and how to write it.
    """
    text = text.strip()
    number = _parse(text)
    if _E164.fullmatch(text) and number is not None and _e164(number) == text:
        if phonenumbers.is_possible_number_with_reason(number) == _POSSIBLE:
            return text
        raise ValueError(
            f"'{text}' has too many or too few digits for its country code +{number.country_code}"
        )
    if (plainly := meant(text)) != text:
        raise ValueError(f"'{_shown(text)}' is not in E.164 form: write '{plainly}'")
    if re.fullmatch(r"00[1-9][0-9]{6,14}", text):
        raise ValueError(f"'{text}' is not in E.164 form: write '+{text[2:]}'")
    if not _DIALED.fullmatch(text):
        raise ValueError(_no_number(text))
    if not text.startswith("+"):
        raise ValueError(
            f"'{_shown(text)}' is not in E.164 form: write + and the country code before the"
            " number, such as '+12025550123'"
        )
    if number is not None and phonenumbers.is_possible_number(number):
        raise ValueError(f"'{_shown(text)}' is not in E.164 form: write '{_e164(number)}'")
    raise ValueError(
        f"'{_shown(text)}' is not in E.164 form: + and 7 to 15 digits that begin with a country"
        " code, without spaces or signs"
    )


@functools.lru_cache(maxsize=2**15)  # all numbers of a run
def dial_refusal(number: str) -> str | None:
    """Why `number` must never be dialed, as a sentence without a full stop; None if it may be.

    Refused are emergency, suicide-prevention and other short numbers of any country, in E.164 form
    or as dialed; premium, shared-cost and personal numbers; satellite and international networks;
    and whatever is not a possible E.164 number, because nothing is known about it. A number outside
    its country's plan is refused too where it begins like one of these.
    """
    text = number.strip()
    if not _DIALED.fullmatch(text):  # an id or a name is no number, whatever digits are in it
        return _no_number(text)
    digits = re.sub(r"[^0-9]", "", text)
    if any(digits in (code, "0" + code, "00" + code) for code in _EVERYWHERE):
        return f"{_shown(text)} is an emergency or crisis number"
    if len(digits) < 7 and _is_emergency(digits, phonenumbers.SUPPORTED_SHORT_REGIONS):
        return f"{_shown(text)} is an emergency number"
    parsed = _parse(text)
    if reason := _reason(parsed) if parsed else "":
        return f"{_shown(text)} is {reason}"
    if digits and len(digits) < 7:
        return f"{_shown(text)} is a short number"
    try:
        parse_e164(text)
    except ValueError as error:
        return str(error)
    return None


def _no_number(text: str) -> str:
    return (
        f"'{_shown(text)}' is not a telephone number in E.164 form: write + and the country code"
        " before the number, such as '+12025550123'"
    )


def is_sample(number: str) -> bool:
    """Whether `number` is reserved for examples: the testbed's area code 555, or NANP 555-01xx."""
    return re.fullmatch(r"\+1(?:555[0-9]{7}|[0-9]{3}55501[0-9]{2})", number) is not None


def _reason(number: PhoneNumber) -> str:
    """What kind of number, never to be dialed, `number` is; "" if it is not."""
    code = number.country_code or 0
    national = phonenumbers.national_significant_number(number)
    regions = phonenumbers.region_codes_for_country_code(code)
    valid = phonenumbers.is_valid_number(number)
    if _is_emergency(national, regions):
        return "an emergency number"
    if _e164(number) in _SUICIDE_PREVENTION or (code, national) == (1, "988"):
        return "a suicide-prevention number"
    if (
        shortnumberinfo.is_valid_short_number(number)
        or (not valid and shortnumberinfo.is_possible_short_number(number))
        or re.fullmatch(r"116[0-9]{3}", national)  # European services of social value
    ):
        return "a short number"
    if code in _NETWORK_CODES:
        return "in a satellite or international network, charged at premium rates"
    if code == 1 and (national.startswith("900") or national[3:6] == "976"):
        return "a premium-rate number"
    for kind, name in _COSTLY.items():
        if phonenumbers.number_type(number) == kind:
            return f"a {name} number"
        if any(_matches(one, national, valid) for one in _patterns(code, kind)):
            return f"a {name} number" if valid else f"like a {name} number"
    if not valid and (
        (code == 1 and national.startswith("988"))
        or any(shortnumberinfo.connects_to_emergency_number(national, region) for region in regions)
    ):
        return "not in use, and starts like an emergency number"
    return ""


def _is_emergency(digits: str, regions: Iterable[str]) -> bool:
    if len(digits) > _longest_emergency():
        return False
    return any(shortnumberinfo.is_emergency_number(digits, region) for region in regions)


@functools.cache
def _longest_emergency() -> int:
    """The most digits of an emergency number in any country."""
    known = map(PhoneMetadata.short_metadata_for_region, phonenumbers.SUPPORTED_SHORT_REGIONS)
    emergencies = (data.emergency for data in known if data)
    return max(max(one.possible_length, default=0) for one in emergencies if one)


Pattern = tuple[re.Pattern[str], tuple[int, ...]]
"""Which national numbers are of a kind, and how long they may be."""


@functools.cache
def _patterns(code: int, kind: int) -> frozenset[Pattern]:
    """The patterns of numbers of `kind` in all regions that share the country code."""
    found = set[Pattern]()
    for region in phonenumbers.region_codes_for_country_code(code):
        data = (
            PhoneMetadata.metadata_for_nongeo_region(code, None)
            if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY
            else PhoneMetadata.metadata_for_region(region, None)
        )
        desc = (
            data
            and {
                PhoneNumberType.PREMIUM_RATE: data.premium_rate,
                PhoneNumberType.SHARED_COST: data.shared_cost,
                PhoneNumberType.PERSONAL_NUMBER: data.personal_number,
            }[kind]
        )
        if desc and desc.national_number_pattern:
            found.add((re.compile(desc.national_number_pattern), tuple(desc.possible_length)))
    return frozenset(found)


def _matches(pattern: Pattern, national: str, valid: bool) -> bool:
    """Whether the number is of this kind or, outside the plan, would be with other last digits."""
    (of_kind, lengths), candidates = pattern, [national]
    if not valid:
        for length in lengths:
            missing = max(0, length - len(national))
            candidates += [(national + digit * missing)[:length] for digit in "0123456789"]
    return any(of_kind.fullmatch(digits) for digits in candidates)


def _parse(text: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, None)
    except NumberParseException:
        return None


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _shown(text: str) -> str:
    """`text` made safe to show: printable, and of a bounded length."""
    shown = "".join(character if character.isprintable() else "?" for character in text)
    return shown if len(shown) <= 40 else shown[:39] + "…"
