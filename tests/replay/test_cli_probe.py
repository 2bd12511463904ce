"""`sfsip probe`: what each command says, writes and refuses, against a peer on loopback sockets."""

import json
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sfsip_nb import cli
from sfsip_nb.cli import asking
from sfsip_nb.sip import Call, DigestGuard, Incoming, MapResolver, Referral, UserAgent, loop
from sfsip_nb.sip.media import recordings
from tests.project.project_files import ROOT
from tests.unreachable import LIVE

ALLOWED = "+15551230001"
CUSTOMERS = "+442079460001"  # of a live customer: fictional, but possible
SAMPLE = ROOT / "parameters" / "genesys.testbed.yaml"


class Peer:
    """Answers the allowed number, refuses others as their last three digits say."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.guard = DigestGuard("peer.test", {"trunk": "a right password"}.get)
        self.agent = UserAgent(
            "peer", resolver=MapResolver(), on_invite=self._call, on_request=self._asked
        )
        self.secured = False

    @property
    def host(self) -> str:
        return "{}:{}".format(*self.agent.address())

    def uri(self, number: str = ALLOWED) -> str:
        return f"sip:{number}@{self.host}"

    async def _asked(self, incoming: Incoming) -> None:
        await incoming.respond(403 if incoming.method == "OPTIONS" else 405)

    async def _call(self, call: Call) -> None:
        self.calls.append(call)
        if self.secured and not self.guard.check(call.invite).ok:
            return await call.reject(401, headers=self.guard.challenge())
        if call.user not in (ALLOWED, CUSTOMERS):
            return await call.reject(int(call.user[-3:]))
        call.on_refer = self._refer
        if await call.answer() and call.audio:
            call.audio.play(440)
            await call.wait_ended(10)

    async def _refer(self, referral: Referral) -> None:
        await referral.accept()
        await referral.notify(200)


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    loop.run(made.agent.start())
    yield made
    loop.run(made.agent.close())
    assert made.agent.errors == []


def sfsip(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["probe", *words])


def dialling(folder: Path, **rules: object) -> tuple[str, str]:
    """Options for a file that allows calls."""
    text = SAMPLE.read_text()
    values = {"allowed": True, "destinations": [ALLOWED], "max": 3, "per_minute": 30} | rules
    path = folder / "rules.yaml"
    head = text[: text.index("test_calls:")]
    rest = text[text.index("test_calls:") :].split("\n")
    tail = next(i for i, line in enumerate(rest[1:], 1) if line and not line.startswith((" ", "#")))
    block = [f"  {name}: {json.dumps(value)}" for name, value in values.items()]
    path.write_text("\n".join([head + "test_calls:", *block, *rest[tail:]]))
    return "--parameters", str(path)


def test_options_say_what_came_and_leave_their_evidence(peer: Peer, tmp_path: Path) -> None:
    ladder, capture = tmp_path / "a.svg", tmp_path / "a.pcapng"
    done = sfsip("options", peer.host, "--ladder", str(ladder), "--pcap", str(capture))
    assert done.exit_code == 0, done.output
    assert "answered OPTIONS with 403 Forbidden" in done.stdout
    assert "seen from this machine" in done.stdout
    assert ladder.read_text().startswith("<svg")
    assert b"OPTIONS sip:" in capture.read_bytes()


def test_json_is_the_result_whole(peer: Peer) -> None:
    done = sfsip("options", peer.host, "--json")
    got = json.loads(done.stdout)
    assert (got["probe"], got["verdict"], got["vantage"]) == ("options", "pass", "here")
    assert got["seen"]["code"] == 403


def test_a_closed_port_is_code_1_and_silence_code_3(peer: Peer) -> None:
    assert sfsip("options", "127.0.0.1:9", "--no-isolate").exit_code == 1
    peer.agent.gate = lambda *_: False
    done = sfsip("options", peer.host, "--timeout", "0.5", "--no-isolate")
    assert done.exit_code == 3


def test_a_call_is_marked_heard_and_kept(peer: Peer, tmp_path: Path) -> None:
    heard, capture = tmp_path / "a.wav", tmp_path / "a.pcapng"
    done = sfsip(
        *("call", peer.uri(), *dialling(tmp_path), "--expect-hz", "440", "--seconds", "0.6"),
        *("--header", "X-Order: 7", "--wav", str(heard), "--pcap", str(capture), "--json"),
    )
    assert done.exit_code == 0, done.output
    got = json.loads(done.stdout)
    assert got["seen"]["to_us"]["verdict"] == "pass"
    assert peer.calls[0].header("X-Sfsip-Test").startswith("sfsip-")
    assert peer.calls[0].header("X-Order") == "7"
    with wave.open(str(heard)) as sound:
        assert sound.getnframes() > 2000
    assert len(capture.read_bytes()) > 10_000


def test_a_call_says_recordings_and_tells_how_it_was_answered(peer: Peer, tmp_path: Path) -> None:
    own = tmp_path / "mine.wav"
    own.write_bytes((Path(recordings.__file__).parent / "caller" / "stop.wav").read_bytes())
    said = ("--say", "hello", "--say", str(own), "--seconds", "1")
    done = sfsip("call", peer.uri(), *dialling(tmp_path), *said)
    assert done.exit_code == 3, done.output
    assert "no speech was heard" in done.stdout
    assert "how it answered  as measured at this end of the call\n" in done.stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--say", "goodbye"), "goodbye cannot be read (No such file or directory). Name hello,"),
        (("--say", str(SAMPLE)), "is not a WAV file"),
        (("--say", "."), "not a regular file"),
        (("--barge-in",), "--barge-in needs --say"),
        (("--say", "stop", "--expect-hz", "440"), "--say goes with neither"),
        (("--say", "stop", "--digits", "1"), "--say goes with neither"),
    ],
)
def test_what_cannot_be_said_is_refused_before_a_call(
    peer: Peer, tmp_path: Path, words: tuple[str, ...], why: str
) -> None:
    done = sfsip("call", peer.uri(), *dialling(tmp_path), *words)
    assert done.exit_code == 2, done.output
    assert why in done.stderr
    assert peer.calls == []


def test_the_help_names_the_recordings_that_there_are() -> None:
    assert tuple(recordings.CALLER) == asking.CALLER


@pytest.mark.parametrize(
    ("number", "rules", "why"),
    [
        ("911", {"destinations": ["+15551230001"]}, "never dialed"),
        ("+15551230002", {}, "is not among test_calls.destinations"),
        (ALLOWED, {"allowed": False}, "set test_calls.allowed to true"),
        (ALLOWED, {"max": 0}, "raise test_calls.max"),
    ],
)
@pytest.mark.parametrize("probe", ["call", "codecs", "headers", "transfer", "unlisted"])
def test_nothing_is_dialled_that_is_not_allowed(
    peer: Peer, tmp_path: Path, probe: str, number: str, rules: dict[str, object], why: str
) -> None:
    extra = ("--await",) if probe == "transfer" else ()
    done = sfsip(probe, peer.uri(number), *dialling(tmp_path, **rules), *extra)
    assert done.exit_code == 2
    assert why in done.stderr
    assert peer.calls == []


@pytest.mark.parametrize("probe", ["call", "codecs", "headers", "transfer", "unlisted"])
def test_by_a_live_customers_file_no_probe_calls_before_somebody_says_yes(
    peer: Peer, tmp_path: Path, probe: str
) -> None:
    file = tmp_path / "live.yaml"
    live = LIVE
    for secret in ("sip", "key", "client"):
        (tmp_path / secret).write_text(f"the-{secret}-of-northwind")
        live = live.replace(f"file:{secret}", f"file:{tmp_path / secret}")
    rules = {"allowed": True, "destinations": [CUSTOMERS]}
    words = [probe, peer.uri(CUSTOMERS), "--parameters", str(file)]
    words += ["--await", "--timeout", "2"] if probe == "transfer" else ["--timeout", "2"]

    def called(*more: str, **approved: str) -> str:
        calls = json.dumps(rules | ({"approved": approved} if approved else {}))
        file.write_text(f"{live}test_calls: {calls}\n")
        before = len(peer.calls)
        done = sfsip(*words, *more)
        assert (done.exit_code == 2) is (len(peer.calls) == before), done.output
        return done.stderr if done.exit_code == 2 else ""

    assert "Nobody has approved the call, which rings +442079460001 and costs money" in called()
    assert "add --approve NAME" in called("--approve", " ")
    assert "Nobody has approved" in called(by="Ann", until="2020-01-01")
    assert called("--approve", "Ann") == ""
    assert called(by="Ann", until="2199-12-31") == ""


def test_isolation_is_counted_as_calls_and_off_unless_asked(peer: Peer, tmp_path: Path) -> None:
    number = "+15551230403"
    allowed = dialling(tmp_path, destinations=[number], max=2)
    words = ("call", peer.uri(number), *allowed, "--header", "X-A: b", "--proxy", peer.host)
    assert sfsip(*words).exit_code == 1
    assert len(peer.calls) == 1
    done = sfsip(*words, "--isolate")
    assert done.exit_code == 1
    assert len(peer.calls) == 3
    assert "No more test calls are allowed" in done.stdout


def test_a_password_comes_from_where_its_reference_points(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer.secured = True
    allowed = dialling(tmp_path)
    words = ("call", peer.uri(), *allowed, "--seconds", "0.6", "--user", "trunk", "--password")
    plain = sfsip(*words, "a right password")
    assert plain.exit_code == 2
    assert "a right password" not in plain.output
    monkeypatch.setenv("TRUNK_PASSWORD", "a right password")
    assert sfsip(*words, "env:TRUNK_PASSWORD").exit_code == 0
    monkeypatch.setenv("TRUNK_PASSWORD", "a wrong password")
    wrong = sfsip(*words, "env:TRUNK_PASSWORD")
    assert wrong.exit_code == 1
    assert "user name, password or realm are wrong" in wrong.stdout
    assert "wrong password" not in wrong.stdout


def test_a_registration_that_nobody_takes_is_named(peer: Peer) -> None:
    done = sfsip("register", peer.host, "--aor", "sip:trunk@peer.test")
    assert done.exit_code == 1
    assert "accepts no registrations" in done.stdout
    assert sfsip("register", peer.host, "--aor", "x", "--expect", "maybe").exit_code == 2


def test_a_transfer_is_asked_for_only_to_an_allowed_number(peer: Peer, tmp_path: Path) -> None:
    allowed = dialling(tmp_path)
    good = sfsip("transfer", peer.uri(), *allowed, "--to", f"sip:{ALLOWED}@x.test")
    assert good.exit_code == 0, good.output
    assert "The transfer arrived" in good.stdout
    for to in ("sip:911@x.test", "tel:+15551230099"):
        assert sfsip("transfer", peer.uri(), *allowed, "--to", to).exit_code == 2
    assert sfsip("transfer", peer.uri(), *allowed).exit_code == 2
    assert len(peer.calls) == 1


def test_codecs_headers_and_lists_have_their_commands(peer: Peer, tmp_path: Path) -> None:
    allowed = dialling(tmp_path)
    matrix = sfsip("codecs", peer.uri(), *allowed, "--seconds", "0.4", "--expect-hz", "440")
    assert matrix.exit_code == 0, matrix.output
    assert "matrix.2.offered" in matrix.stdout
    assert sfsip("codecs", peer.uri(), *allowed, "--codec", "G729").exit_code == 2
    assert sfsip("headers", peer.uri(), *allowed).exit_code == 3
    assert sfsip("unlisted", peer.uri(), *allowed).exit_code == 1
    assert sfsip("unlisted", peer.uri()).exit_code == 2
    asked = sfsip("unlisted", peer.host)
    assert asked.exit_code == 0
    assert "refused the OPTIONS of an unlisted address" in asked.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("options", "a host"),
        ("options", "host:99999"),
        ("options", "host:sip"),
        ("options", "http://host"),
        ("options", "::1"),
        ("options", "h" * 100_000),
        ("call", "host:5060", "--parameters", str(SAMPLE)),
        ("options", "host", "--transport", "sctp"),
        ("options", "host", "--ladder", "/no/such/folder/a.svg"),
        ("options", "host", "--ca", "/no/such/file.pem"),
        ("register", "host", "--aor", "sip:u@h", "--user", "u"),
    ],
)
def test_wrong_words_are_code_2_before_anything_is_sent(words: tuple[str, ...]) -> None:
    done = sfsip(*words)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert len(done.stderr) < 400


def test_dns_follows_a_literal_address() -> None:
    done = sfsip("dns", "192.0.2.7:5080", "--transport", "tcp")
    assert done.exit_code == 0
    assert "192.0.2.7:5080/tcp" in done.stdout
