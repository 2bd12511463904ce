"""One testbed a run: found again, back after a kill, gone when idle, and no secret on disk."""

import base64
import json
import os
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples
from sfsip_nb.testbed import life, registry, seal
from sfsip_nb.testbed.standin import settle
from sfsip_nb.testbed.world import STATE, World
from tests.eavesdropper import listening
from tests.testbed.testbed_bench import EDGES


@pytest.fixture
def run_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    life.stop(tmp_path)


def synthflow(testbed: life.RunningTestbed) -> httpx.Client:
    key = samples.testbed_secret("synthflow-api-key")
    return httpx.Client(
        base_url=testbed.info["synthflow"]["us"],
        headers={"Authorization": f"Bearer {key}"},
        trust_env=False,
        verify=False,
    )


def imported(testbed: life.RunningTestbed, password: str) -> None:
    with synthflow(testbed) as client:
        body = {
            "workspace_id": samples.SYNTHFLOW_WORKSPACE_ID,
            "phone_number": samples.DID,
            "termination_uri": "x.byoc.usw2.pure.cloud",
            "trunk_username": "acme-trunk",
            "trunk_pwd": password,
        }
        assert client.post("/custom-numbers", json=body).status_code == 200


@pytest.mark.usefixtures("stock_processes")
def test_two_at_once_get_one_process(run_dir: Path) -> None:
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(lambda _: life.ensure(run_dir), range(2)))
    assert both[0].info["pid"] == both[1].info["pid"]
    assert sorted(t.started for t in both) == [False, True]
    pid = both[0].info["pid"]
    assert os.getsid(pid) == pid
    assert life.attach(both[0].info["control"]).info["instance"] == both[0].info["instance"]


@pytest.mark.usefixtures("stock_processes")
def test_a_killed_testbed_comes_back_with_its_state(run_dir: Path) -> None:
    first = life.ensure(run_dir)
    imported(first, "correct horse")
    before = first.control("GET", "/state")
    os.kill(first.info["pid"], signal.SIGKILL)
    second = life.ensure(run_dir)
    assert second.started
    assert second.info["pid"] != first.info["pid"]
    assert second.control("GET", "/state") == before
    assert [w["status"] for w in second.control("GET", "/writes")] == [200]


def test_faults_are_switched_on_in_a_living_testbed_too(run_dir: Path) -> None:
    life.ensure(run_dir)
    again = life.ensure(run_dir, faults=["genesys.no-byoc"])
    assert again.control("GET", "/")["faults"] == ["genesys.no-byoc"]
    with pytest.raises(life.TestbedError, match="no fault called"):
        again.control("PUT", "/faults/none")


def test_no_secret_lies_in_the_folder(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    canaries = ["canary/api&key=1", "canary/client&secret=2", "canary/trunk\"pass'word\\3"]
    canaries += ["canary/talkdesk&secret=4", "canary/card\"pass'word\\5"]
    monkeypatch.setenv("SFSIP_TESTBED_SYNTHFLOW_API_KEY", canaries[0])
    monkeypatch.setenv("SFSIP_TESTBED_GENESYS_CLIENT_SECRET", canaries[1])
    monkeypatch.setenv("SFSIP_TESTBED_TALKDESK_CLIENT_SECRET", canaries[3])
    testbed = life.ensure(run_dir)
    api = testbed.info["genesys"]["api"]
    with httpx.Client(base_url=api, trust_env=False, verify=False) as client:
        token = client.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(genesys_samples.CLIENT_ID, canaries[1]),
        ).json()["access_token"]
        client.get(f"{EDGES}/sites", headers={"Authorization": f"Bearer {token}"})
    with httpx.Client(base_url=testbed.info["talkdesk"]["login"], trust_env=False) as client:
        theirs = client.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(talkdesk_samples.CLIENT_ID, canaries[3]),
        ).json()["access_token"]
    imported(testbed, canaries[2])
    trunk = {"name": "Synthflow AI", "server": "sip.us.synthflow.ai", "transport": "udp"}
    testbed.administer("talkdesk", "trunk.create", trunk | {"password": canaries[4]})
    again = subprocess.run(  # says where the present one is
        [sys.executable, "-m", "sfsip_nb.testbed", "--dir", str(run_dir)], capture_output=True
    )
    with (run_dir / "testbed" / "testbed.log").open("ab") as log:
        log.write(again.stderr)
    life.stop(run_dir)
    written = {p.name: p.read_bytes() for p in run_dir.rglob("*") if p.is_file()}
    assert {"state.sealed", "testbed.log", "ca.pem"} <= set(written)
    for secret in (*canaries, token, theirs, testbed.token):
        forms = {
            secret,
            urllib.parse.quote(secret, safe=""),
            json.dumps(secret)[1:-1],
            base64.b64encode(secret.encode()).decode().rstrip("=")[:-1],
        }
        found = [name for name, data in written.items() for f in forms if f.encode() in data]
        assert not found
    assert seal.key_path().stat().st_mode & 0o077 == 0
    assert run_dir not in seal.key_path().parents


def test_faults_end_with_the_process_that_was_asked_for_them(run_dir: Path) -> None:
    first = life.ensure(run_dir, faults=["synthflow.busy"])
    assert first.control("GET", "/")["faults"] == ["synthflow.busy"]
    life.stop(run_dir)
    assert life.ensure(run_dir).control("GET", "/")["faults"] == []


def test_stop_ends_it_once(run_dir: Path) -> None:
    testbed = life.ensure(run_dir)
    assert life.stop(run_dir) is True
    assert life.find(run_dir) is None
    assert life.stop(run_dir) is False
    with pytest.raises(life.TestbedError, match="does not answer"):
        testbed.control("GET", "/")


def test_the_folder_names_its_testbed_and_the_users_own_list_says_where_it_is(
    run_dir: Path,
) -> None:
    testbed = life.ensure(run_dir)
    note = run_dir / "testbed" / "testbed.json"
    assert json.loads(note.read_text()) == {k: testbed.info[k] for k in ("instance", "pid")}
    [entry] = [e for e in registry.entries() if e.instance == testbed.info["instance"]]
    assert entry.control == testbed.info["control"]
    path = registry.folder() / f"{entry.instance}.json"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    for other in ("0" * 32, "another", "../" + path.stem, 7, None, [path.stem]):
        note.write_text(json.dumps({"instance": other}))
        assert life.find(run_dir) is None
    note.write_text(json.dumps({"instance": entry.instance}))
    life.stop(run_dir)
    assert not path.exists()


def test_a_folder_that_says_where_to_go_is_not_followed(run_dir: Path) -> None:
    """As whoever hands a run's folder on may have written it."""
    with listening() as other:
        told = {
            "control": f"{other.url}/control/x",
            "genesys": {"api": other.url, "login": other.url},
            "synthflow": {"us": other.url},
            "pid": os.getpid(),
            "instance": "f" * 32,
        }
        (run_dir / "testbed").mkdir()
        (run_dir / "testbed" / "testbed.json").write_text(json.dumps(told))
        assert life.find(run_dir) is None
        assert life.stop(run_dir) is False
        for url in (other.url, f"{other.url}/control/x", f"{other.url}/control"):
            with pytest.raises(life.TestbedError, match="No testbed of this user's"):
                life.attach(url)
        testbed = life.ensure(run_dir)
        assert str(other.port) not in json.dumps(dict(testbed.info))
        assert other.count == 0


def test_a_process_that_names_another_host_is_none_of_ours(run_dir: Path) -> None:
    testbed = life.ensure(run_dir)
    told = dict(testbed.info)
    hosts = [
        {"genesys": {"api": "http://10.0.0.1", "login": told["genesys"]["login"]}},
        {"synthflow": told["synthflow"] | {"us": "https://evil.example/v2"}},
        {"patterns": {"talkdesk": {"api": "http://127.0.0.1@evil.example/{region}"}}},
        {"sip": told["sip"] | {"x:5060/udp": "192.0.2.1:5060"}},
        {"pid": told["pid"] + 1},
        {"control": told["control"] + "x"},
    ]
    for hostile in [{}, *hosts]:
        with pytest.MonkeyPatch.context() as patch:
            answer = told | hostile
            patch.setattr(life.RunningTestbed, "control", lambda *_, answer=answer: answer)
            assert (life.find(run_dir) is None) == bool(hostile), hostile


@pytest.mark.usefixtures("stock_processes")
def test_entries_of_killed_testbeds_are_swept(run_dir: Path) -> None:
    first = life.ensure(run_dir)
    stale = registry.folder() / f"{first.info['instance']}.json"
    os.kill(first.info["pid"], signal.SIGKILL)
    os.waitpid(first.info["pid"], 0)
    second = life.ensure(run_dir)
    assert not stale.exists()
    assert life.attach(second.info["control"]).info["pid"] == second.info["pid"]


@pytest.mark.usefixtures("stock_processes")
def test_quiet_ends_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sfsip_nb.testbed", "--dir", str(tmp_path), "--idle", "0.3"]
    ended = subprocess.run(command, capture_output=True, timeout=20, check=True)
    ready = json.loads(ended.stdout)
    assert ready["credentials"]["genesys"]["client_id"] == genesys_samples.CLIENT_ID
    assert b"nobody wanted anything" in ended.stderr
    assert not (tmp_path / "testbed" / "testbed.json").exists()


@pytest.mark.usefixtures("stock_processes")
def test_a_second_one_in_the_foreground_is_refused(run_dir: Path) -> None:
    command = [sys.executable, "-m", "sfsip_nb.testbed", "--dir", str(run_dir)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    with process.stdout as first_line:
        ready = json.loads(first_line.readline())
        assert {"control", "genesys", "synthflow", "sip", "pstn", "ca", "credentials"} <= set(ready)
        present = life.ensure(run_dir)
        assert (present.info["pid"], present.started) == (process.pid, False)
        assert "credentials" not in present.info
        second = subprocess.run(command, capture_output=True, timeout=20)
        assert (second.returncode, second.stdout) == (2, b"")
        assert b"runs already at http://127.0.0.1" in second.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_a_state_sealed_with_another_key_is_said_so(
    run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life.ensure(run_dir)
    life.stop(run_dir)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    with pytest.raises(life.TestbedError, match="sealed with another key"):
        life.ensure(run_dir)


def test_a_state_that_an_earlier_version_kept_is_taken_up(tmp_path: Path) -> None:
    world = World(tmp_path)
    settle(world)
    world.save()
    kept = json.loads(seal.read(tmp_path / STATE) or b"")
    seal.write(tmp_path / STATE, json.dumps(kept.pop("systems") | kept).encode())
    again = World(tmp_path)
    assert again.load()
    assert again.systems == world.systems


async def test_a_large_state_is_saved_after_a_while_and_not_at_each_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sfsip_nb.testbed.world._LARGE", 0)
    written: list[bytes] = []
    monkeypatch.setattr(seal, "write", lambda path, content: written.append(content))
    world = World(tmp_path)
    world.written()
    world._rests_until = float("inf")  # the first one took that long
    world.written()
    world.written()
    assert len(written) == 1
    world.save()  # as at the end
    assert len(written) == 2
