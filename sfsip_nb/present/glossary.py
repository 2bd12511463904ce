"""The terms that a record uses, for a reader who knows neither this program nor SIP."""

import re
from collections.abc import Iterator

_OURS = {
    "advisory check": "A check that is shown and never changes a step's verdict.",
    "attempt": "One pass over a run: plan (writes nothing), apply (carries out the approved plan),"
    " verify (only looks) or rollback (undoes what the run made).",
    "blocked": "Verdict: not tried, because a step that it needs did not pass.",
    "card": "What a person is asked to do where no API can: where to click, and the exact values.",
    "check": "One statement about the world: what should be, what was seen, from where, and a"
    " verdict.",
    "evidence": "A file that shows what was seen: a ladder, a capture, sound levels, API requests.",
    "fail": "Verdict: something required is not as it should be.",
    "inconclusive": "Verdict: what was seen does not decide it.",
    "mark": "A header or a code by which a test call is recognized in both platforms' records.",
    "pass": "Verdict: everything required was seen to be as it should be.",
    "required check": "A check that decides its step's verdict.",
    "skipped": "Verdict: the inputs do not call for this step.",
    "step": "One thing to set up or to prove, with an id such as trunk.create.",
    "testbed": "Stand-ins for both platforms and the telephone network on one machine.",
    "waiting": "Verdict: a person has not done or reported something yet.",
    "waived": "A check that somebody accepted as it is, with a reason and an end date.",
}
"""The program's own words; a record of any kind uses them."""

_TRADE = {
    "ACL": "Access control list: the addresses that may send calls into a trunk.",
    "Architect": "Genesys Cloud's editor of call flows.",
    "assistant": "Synthflow's AI agent, as it is set up in a workspace.",
    "BYOC": "Bring your own carrier: a trunk of Genesys Cloud to a SIP peer of your choice.",
    "BYE": "The SIP request that ends a call (RFC 3261).",
    "call route": "Genesys Cloud's rule that leads calls of a number to a flow.",
    "codec": "How speech is coded, such as PCMU (G.711).",
    "DID": "A telephone number that rings a contact center directly.",
    "digest": "Authentication by user name and password, the password never sent (RFC 7616).",
    "E.164": "The international form of a telephone number, with + and country code.",
    "FQDN": "A full host name, such as sip.example.com.",
    "INVITE": "The SIP request that begins a call (RFC 3261).",
    "jitter": "How unevenly audio packets arrive, in milliseconds (RFC 3550).",
    "ladder": "A drawing of a call's SIP messages, one arrow each, downward in time.",
    "MOS": "Estimated quality of audio, from 1 (bad) to 4.5 (ITU-T G.107).",
    "number plan": "Genesys Cloud's rule of which dialed numbers belong together.",
    "OPTIONS": "The SIP request that asks whether the other side answers (RFC 3261).",
    "outbound route": "The rule that leads calls out of a contact center over a trunk.",
    "REFER": "The SIP request that hands a call over to another number (RFC 3515).",
    "ring group": "The live agents of Talkdesk that a number rings.",
    "RTP": "The packets that carry a call's audio (RFC 3550).",
    "SBC": "Session border controller: where a platform takes in SIP calls.",
    "SIP": "The protocol that sets up and ends calls (RFC 3261).",
    "site": "Genesys Cloud's set of trunks, number plans and routes.",
    "SRTP": "RTP, encrypted (RFC 3711).",
    "TLS": "The encryption of a connection, here of SIP (RFC 8446).",
    "trunk": "The connection over which two telephone systems send calls to each other.",
}
"""The trade's words; those that a record does not use are left out."""


def used(text: str) -> Iterator[tuple[str, str, str]]:
    """Anchor, term and meaning, in alphabetical order, of the terms for a record that says `text`.

    Abbreviations count as they are written, other words in either case and number.
    """
    terms = _OURS | {term: told for term, told in _TRADE.items() if _occurs(term, text)}
    for term in sorted(terms, key=str.casefold):
        yield f"g-{term.replace(' ', '-')}", term, terms[term]


def _occurs(term: str, text: str) -> bool:
    flags = re.NOFLAG if term.isupper() else re.IGNORECASE
    return re.search(rf"\b{re.escape(term)}s?\b", text, flags) is not None
