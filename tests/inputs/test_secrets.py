"""Secrets are references; their values are found where they point, and shown nowhere."""

from __future__ import annotations

import base64
import copy
import html
import json
import pickle
from pathlib import Path
from urllib.parse import quote, quote_plus

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.errors import NoKeyringError

from sfsip_nb.inputs import samples
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.secrets import HOW, MASK, Redactor, Secret, doubts, is_reference, resolve

CANARY = 'cAn4ry/"x&<y>+\\z=é %'


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret(CANARY)
    shown = [repr(secret), str(secret), f"{secret:>9}", secret._repr_html_(), repr([secret])]
    assert all("cAn4ry" not in text for text in shown)
    for copied in (lambda: pickle.dumps(secret), lambda: copy.deepcopy(secret)):
        with pytest.raises(TypeError, match="not pickled"):
            copied()
    assert secret.reveal() == CANARY


def test_secrets_are_compared_by_value() -> None:
    assert Secret("one-secret") == Secret("one-secret")
    assert Secret("one-secret") != Secret("another")
    assert Secret("one-secret") != "one-secret"


@pytest.mark.parametrize(
    "text", ["env:NAME", "file:~/secret", "keyring:sfsip/acme", "testbed:sip-password"]
)
def test_references_are_known(text: str) -> None:
    assert is_reference(text)


@pytest.mark.parametrize(
    "text", ["hunter2hunter2", "env:", "env:not a name", "keyring:only-a-service", "file:", "ENV:X"]
)
def test_anything_else_is_taken_for_the_secret_itself_and_not_repeated(text: str) -> None:
    assert not is_reference(text)
    with pytest.raises(InputError) as caught:
        resolve(text, "sip.password")
    message = str(caught.value)
    assert message.startswith("sip.password ")
    assert "env:NAME" in message
    assert text not in message.replace(HOW, "")
    assert "hunter" not in message


def test_the_environment_gives_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFSIP_T", " two words \n")
    secret = resolve("env:SFSIP_T", "k")
    assert secret.reveal() == "two words"
    assert secret.has_inner_space
    assert secret.trimmed
    monkeypatch.setenv("SFSIP_U", "one-word")
    asked = doubts({"sip.password": secret, "synthflow.api_key": resolve("env:SFSIP_U", "k")})
    assert list(asked) == ["sip.password"]
    assert "two words" not in asked["sip.password"]


def test_a_file_gives_a_secret_without_its_last_newline(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"\xef\xbb\xbfa secret\r\n")
    secret = resolve(f"file:{file}", "k")
    assert secret.reveal() == "a secret"
    assert not secret.trimmed, "every editor ends a file with a newline"


@pytest.mark.parametrize(
    "content", ["a-secret \n", " a-secret", "a-secret\t", "a-secret\u00a0\r\n"]
)
def test_a_space_around_a_secret_is_left_out_and_asked_about(tmp_path: Path, content: str) -> None:
    file = tmp_path / "secret"
    file.write_text(content, encoding="utf-8")
    secret = resolve(f"file:{file}", "sip.password")
    assert secret.reveal() == "a-secret"
    [(key, question)] = doubts({"sip.password": secret}).items()
    assert key == "sip.password"
    assert "before or after it" in question
    assert "inside" not in question
    assert "a-secret" not in question


def test_the_key_ring_gives_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {("sfsip", "acme/trunk"): "kept-secret"}
    monkeypatch.setattr(keyring, "get_password", lambda s, u: kept.get((s, u)))
    assert resolve("keyring:sfsip/acme/trunk", "k").reveal() == "kept-secret"
    with pytest.raises(InputError, match="keyring set sfsip other"):
        resolve("keyring:sfsip/other", "k")


def refuse(service: str, user: str) -> str:
    raise NoKeyringError("no backend")


def test_no_key_ring_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "get_password", refuse)
    with pytest.raises(InputError, match="does not open"):
        resolve("keyring:sfsip/acme", "k")


def test_a_testbed_secret_may_be_overridden(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve("testbed:sip-password", "k").reveal() == samples.testbed_secret("sip-password")
    monkeypatch.setenv("SFSIP_TESTBED_SIP_PASSWORD", "planted-canary")
    assert resolve("testbed:sip-password", "k").reveal() == "planted-canary"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "nothing"),
        (b"\n", "nothing"),
        (b"short", "too short"),
        (b"two\nlines", "line break"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"x" * 100_000, "larger than 64 KiB"),
    ],
)
def test_an_unusable_secret_file_is_refused_without_its_content(
    tmp_path: Path, content: bytes, says: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(InputError, match=says) as caught:
        resolve(f"file:{file}", "genesys.client_secret")
    assert caught.value.key == "genesys.client_secret"
    assert "two" not in str(caught.value).replace(str(file), "")


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("env:SFSIP_UNSET", "SFSIP_UNSET, which is not set"),
        ("file:/nowhere/at/all", "/nowhere/at/all, which cannot be read"),
        ("file:/", "cannot be read"),
        ("testbed:unknown", "sip-password"),
    ],
)
def test_a_reference_to_nothing_names_the_key_and_what_to_do(reference: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        resolve(reference, "synthflow.api_key")
    assert str(caught.value).startswith("synthflow.api_key ")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def forms(secret: str) -> dict[str, str]:
    """The ways in which a secret may come to stand in an output."""
    dumped = json.dumps(secret)
    return {
        "raw": secret,
        "url": quote(secret),
        "url, all": quote(secret, safe=""),
        "url, lower case": quote(secret, safe="").replace("%2F", "%2f"),
        "form": quote_plus(secret),
        "json": dumped,
        "json, not ascii": json.dumps(secret, ensure_ascii=False),
        "json in json": json.dumps(dumped),
        "json in json in json": json.dumps(json.dumps(dumped)),
        "html": html.escape(secret),
        "html, decimal": "".join(f"&#{ord(c)};" if not c.isalnum() else c for c in secret),
        "html, hex": "".join(f"&#x{ord(c):X};" if not c.isalnum() else c for c in secret),
        "html in json": json.dumps(html.escape(secret)),
        "json in html": html.escape(dumped),
        "json for scripts": dumped.replace("<", "\\u003c").replace("&", "\\u0026"),
        "html twice": html.escape(html.escape(secret)),
        "repr": repr(secret),
        "repr of repr": repr(repr(secret)),
        "bytes": repr(secret.encode()),
        **{
            f"base64 after {n}": base64.b64encode(b"u" * n + secret.encode() + b":tail").decode()
            for n in range(4)
        },
        "base64, url": base64.urlsafe_b64encode(b"user:" + secret.encode()).decode(),
    }


@pytest.mark.parametrize("form", forms(CANARY))
@pytest.mark.parametrize("secret", [CANARY, *map(samples.testbed_secret, samples.secret_names())])
def test_a_secret_is_found_and_masked_in_every_form(secret: str, form: str) -> None:
    redactor = Redactor([secret])
    text = f"before {forms(secret)[form]} after"
    masked = redactor.text(text)
    assert redactor.found_in(text.encode())
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert MASK in masked
    assert not redactor.found_in(masked.encode())
    kept = html.unescape(html.unescape(masked.removeprefix("before ").removesuffix(" after")))
    assert set(kept) <= set(MASK + "\"'\\b")


printable = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cc", "Cn"]),
    min_size=6,
    max_size=24,
)


@given(printable)
def test_any_secret_is_found_in_every_form(secret: str) -> None:
    redactor = Redactor([secret])
    for form in forms(secret).values():
        assert redactor.found_in(form.encode())
        assert not redactor.found_in(redactor.text(form).encode())


@given(st.text(max_size=200))
def test_harmless_text_is_left_alone(text: str) -> None:
    redactor = Redactor(["3VXQ-unlikely-7KWP"])
    assert redactor.text(text) == text
    assert not redactor.found_in(text.encode("utf-8", "surrogatepass"))


def test_data_are_copied_with_every_string_masked() -> None:
    redactor = Redactor([CANARY])
    data = {"a": [CANARY, 1, None, True], CANARY: (CANARY,), "b": {"c": CANARY.encode()}}
    assert redactor.data(data) == {
        "a": [MASK, 1, None, True],
        MASK: (MASK,),
        "b": {"c": MASK.encode()},
    }
    assert CANARY in data


def test_a_large_picture_is_looked_through_quickly() -> None:
    secret = CANARY
    picture = base64.b64encode(bytes(300_000)).decode()
    inside = base64.b64encode(b"user:" + secret.encode()).decode()
    masked = Redactor([secret]).text(f'{{"png": "{picture}", "auth": "{inside}"}}')
    assert masked == f'{{"png": "{picture}", "auth": "{MASK}"}}'


def test_secrets_learned_later_are_masked_too_and_short_ones_refused() -> None:
    redactor = Redactor()
    redactor.add("a-token-learned")
    redactor.add("a-token-learned")
    assert redactor.text("Bearer a-token-learned") == f"Bearer {MASK}"
    assert "token" not in repr(redactor)
    with pytest.raises(ValueError, match="6 characters"):
        redactor.add("short")
