"""SIPp and its scenarios, put together from steps: each test shows what its peer does.

SIPp has no includes, so a scenario is a sequence of the strings that the functions here make.
SIPp 3.6.1 judges too: its exit code is 0 only where each call went as the scenario says.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.sip.peers.lab import Program, free_port, running

AGAIN = 2000
"""Milliseconds until SIPp sends again what was not confirmed; a busy machine needs some."""

SDP = """\
v=0
o=lab 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000"""

DIGITS = SDP.replace("AVP 0", "AVP 0 101") + "\na=rtpmap:101 telephone-event/8000"
"""The same line, which takes and sends digits (RFC 4733)."""

CONTACT = "Contact: <sip:lab@[local_ip]:[local_port];transport=[transport]>"

TAG = ";tag=[pid]lab[call_number]"


def lines(
    *parts: str,
    body: str = "",
    content_type: str = "application/sdp",
    length: int | None = None,
) -> str:
    """A message: header lines, then the body with its length, or with a `length` that lies."""
    head = [part for part in parts if part]
    if body:
        head.append(f"Content-Type: {content_type}")
    head.append(f"Content-Length: {'[len]' if length is None else length}")
    return "\n".join([*head, "", body])


def send(message: str, *, retrans: int = 0, lost: int = 0) -> str:
    """Send a message; over UDP again after `retrans` ms; `lost` is a chance in percent."""
    marks = (f' retrans="{retrans}"' if retrans else "") + (f' lost="{lost}"' if lost else "")
    return f"<send{marks}><![CDATA[\n\n{message}\n\n]]></send>"


def reply(
    code: int,
    phrase: str = "Whatever",
    *extra: str,
    body: str = "",
    tag: str = TAG,
    via: str = "[last_Via:]",
    cseq: str = "[last_CSeq:]",
    to: str = "[last_To:]",
    contact: str = CONTACT,
    length: int | None = None,
    retrans: int = 0,
) -> str:
    """Answer the last request. `tag` goes to To: empty within a dialog and in a 100.

    After another request came, `via` and `cseq` say which one is answered.
    """
    message = lines(
        f"SIP/2.0 {code} {phrase}",
        via,
        "[last_From:]",
        f"{to}{tag}",
        "[last_Call-ID:]",
        cseq,
        "[last_Record-Route:]",
        contact,
        *extra,
        body=body,
        length=length,
    )
    return send(message, retrans=retrans)


def recv(what: str | int, action: str = "", **marks: object) -> str:
    """Wait for a request (a method) or a response (a code); marks as in SIPp's manual."""
    kind = "response" if isinstance(what, int) else "request"
    told = "".join(f' {name}="{_text(value)}"' for name, value in marks.items())
    inside = f"<action>{action}</action>" if action else ""
    return f'<recv {kind}="{what}"{told}>{inside}</recv>'


def keep(header: str, name: str, occurrence: int = 1, pattern: str = ".*") -> str:
    """Action: keep a header of the message that came in a variable, as [$name]."""
    return (
        f'<ereg regexp="{pattern}" search_in="hdr" header="{header}:" '
        f'occurrence="{occurrence}" assign_to="{name}"/>'
    )


def shows(pattern: str) -> str:
    """Action: the call fails unless the body of the message that came holds a pattern."""
    return f'<ereg regexp="{pattern}" search_in="body" check_it="true" assign_to="shown"/>'


def pause(ms: int) -> str:
    """Do nothing for a time; messages that come meanwhile are unexpected."""
    return f'<pause milliseconds="{ms}"/>'


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def ask(method: str, number: int, *extra: str, body: str = "", content_type: str = "") -> str:
    """A request of the called side, SIPp, in the dialog that `INVITED` began."""
    message = lines(
        f"{method} [$target] SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        "[routes]",
        f"From:[$callee]{TAG}",
        "To:[$caller]",
        "[last_Call-ID:]",
        f"CSeq: {number} {method}",
        "Max-Forwards: 70",
        CONTACT,
        *extra,
        body=body,
        content_type=content_type or "application/sdp",
    )
    return send(message, retrans=0 if method == "ACK" else AGAIN)


REMEMBER = (
    keep("From", "caller") + keep("To", "callee") + keep("Contact", "target", pattern="sip:[^>]*")
)
"""Actions of a scenario that uses `ask`."""

INVITED = recv("INVITE", REMEMBER, rrs=True)
"""An INVITE whose dialog is remembered for `ask`."""

RING, TAKE = reply(180, "Ringing"), reply(200, "OK", body=SDP, retrans=AGAIN)
"""Ring; answer with a line that echoes, until the ACK comes."""


def press(digit: str) -> str:
    """Press a key, as recorded in a pcap that comes with SIPp; it is sent by a raw socket."""
    file = f"/usr/share/sip-tester/dtmf_2833_{digit}.pcap"
    return f'<nop><action><exec play_pcap_audio="{file}"/></action></nop>'


HANG_UP = (recv("BYE"), reply(200, "OK", tag=""))
"""The peer hangs up."""

ECHO = (recv("INVITE", rrs=True), RING, TAKE, recv("ACK"), *HANG_UP)
"""An ordinary call."""


def request(
    method: str,
    number: int = 1,
    *extra: str,
    body: str = "",
    to: str = "[last_To:]",
    branch: str = "[branch]",
    retrans: int = AGAIN,
) -> str:
    """A request of the calling side; `to` is `CALLED` before there is a dialog."""
    message = lines(
        f"{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0",
        f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}",
        "From: <sip:sipp@[local_ip]:[local_port]>;tag=[pid]lab[call_number]",
        to,
        "Call-ID: [call_id]",
        f"CSeq: {number} {method}",
        "Max-Forwards: 70",
        CONTACT,
        *extra,
        body=body,
    )
    return send(message, retrans=0 if method == "ACK" else retrans)


CALLED = "To: <sip:[service]@[remote_ip]:[remote_port]>"
"""To without a tag."""

INVITE = request("INVITE", body=SDP, to=CALLED)
"""The first request of a call."""


def optional(*codes: int) -> str:
    """Provisional responses that may come before what the scenario waits for next."""
    return "".join(recv(code, optional=True) for code in codes)


@dataclass(frozen=True)
class Sipp:
    """A running SIPp: where it listens, and what it says."""

    program: Program
    port: int
    transport: str
    host: str
    folder: Path

    @property
    def uri(self) -> str:
        """The URI of a user there."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        tail = "" if self.transport == "udp" else f";transport={self.transport}"
        return f"sip:+15551230001@{host}:{self.port}{tail}"

    async def judged(self, seconds: float = 10.0) -> None:
        """Wait for SIPp's own end and its verdict: each call went as its scenario says."""
        code = await asyncio.to_thread(self.program.finished, seconds)
        assert code == 0, f"SIPp ended with {code}:\n{self.errors()}\n{self.program.tail()}"

    def errors(self) -> str:
        """What SIPp did not expect."""
        file = self.folder / "errors.log"
        return file.read_text(errors="replace")[-4000:] if file.exists() else ""


def _scenario(steps: Sequence[str]) -> str:
    text = "\n".join(steps)
    # SIPp takes a variable that is set and not used for a mistake, unless it is referred to.
    names = ",".join(sorted(set(re.findall(r'assign_to="(\w+)"', text))))
    used = f'<Reference variables="{names}"/>' if names else ""
    head = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="lab">'
    return f"{head}\n{text}\n{used}\n</scenario>\n"


@contextmanager
def sipp(
    folder: Path,
    *steps: str,
    target: str = "",
    calls: int = 1,
    transport: str = "udp",
    host: str = "127.0.0.1",
    options: tuple[str, ...] = (),
) -> Iterator[Sipp]:
    """Run a scenario for a number of calls: as a server, or towards `target` as a client."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scenario.xml").write_text(_scenario(steps))
    port = free_port(host, 2, 3, 4, 5)  # beside it audio and video, each with RTCP
    media = port + 2
    address = f"[{host}]" if ":" in host else host
    command = ["sipp", "-sf", "scenario.xml", "-i", address, "-p", str(port), "-mi", address]
    command += ["-mp", str(media), "-rtp_echo", "-nostdin", "-m", str(calls), "-timeout", "30"]
    command += [
        "-timeout_error",
        "-trace_err",
        "-error_file",
        "errors.log",
        "-t",
        _SOCKET[transport],
    ]
    command += [*options, *([target] if target else [])]
    with running("sipp", command, folder) as program:
        if not target:
            program.opened(port)
        yield Sipp(program, port, transport, host, folder)


_SOCKET = {"udp": "u1", "tcp": "t1"}
