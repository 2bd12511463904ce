"""A baresip of the tests: a phone that answers by itself, plays a tone, records what it hears."""

import asyncio
import contextlib
import json
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.sip.peers.lab import Program, free_port, need, running
from tests.sip.siptools import until

TONE_HZ = 440.0
"""What the phone plays."""

_RATE = 8000
_MODULES = ("g711", "aufile", "aubridge", "sndfile", "srtp")
_APPLICATIONS = ("account", "menu", "ctrl_tcp")


@dataclass(frozen=True)
class Baresip:
    """A running phone."""

    program: Program
    port: int
    control: int
    folder: Path

    def uri(self, transport: str = "udp") -> str:
        """The phone."""
        tail = "" if transport == "udp" else f";transport={transport}"
        return f"sip:phone@127.0.0.1:{self.port}{tail}"

    async def do(self, command: str, params: str = "") -> dict[str, Any]:
        """A command of baresip's menu, by its control port; what it answered."""
        asked = json.dumps({"command": command, "params": params, "token": "lab"}).encode()
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.control)
            try:
                writer.write(b"%d:%b," % (len(asked), asked))
                while True:
                    size = int((await reader.readuntil(b":"))[:-1])
                    told = json.loads((await reader.readexactly(size + 1))[:-1])
                    if told.get("response"):
                        return dict(told)
            finally:
                writer.close()

    async def heard_hz(self) -> float:
        """The strongest frequency in the latter half of what came in, once the call has ended."""
        # The header of the recording is written when the call is torn down.
        await until(lambda: self._samples().size > _RATE / 10)
        samples = self._samples()
        half = samples[len(samples) // 2 :].astype(float)
        spectrum = np.abs(np.fft.rfft(half * np.hanning(len(half))))
        return float(np.argmax(spectrum)) * _RATE / len(half)

    def _samples(self) -> npt.NDArray[np.int16]:
        for recording in self.folder.glob("dump-*-dec.wav"):
            with contextlib.suppress(wave.Error, EOFError), wave.open(str(recording), "rb") as file:
                return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return np.zeros(0, dtype="<i2")


@contextmanager
def baresip(
    folder: Path, account: str = "", address: str = "sip:phone@127.0.0.1"
) -> Iterator[Baresip]:
    """Run baresip in a folder with one account: its address and further parameters."""
    need("baresip")
    port = free_port("127.0.0.1", 1, 2)  # The next one is for TLS.
    control = port + 2
    settings = [
        f"sip_listen 127.0.0.1:{port}",
        "net_interface 127.0.0.1",  # It takes another address of the machine otherwise.
        f"ctrl_tcp_listen 127.0.0.1:{control}",
        f"audio_source aufile,{folder / 'tone.wav'}",
        "audio_player aubridge,sink",
        "audio_alert aubridge,alert",
        f"ausrc_srate {_RATE}",
        f"auplay_srate {_RATE}",
        "ausrc_channels 1",
        "auplay_channels 1",
        f"snd_path {folder}",
        "module_path /usr/lib/baresip/modules",
        *(f"module {name}.so" for name in _MODULES),
        *(f"module_app {name}.so" for name in _APPLICATIONS),
    ]
    (folder / "config").write_text("\n".join(settings) + "\n")
    (folder / "accounts").write_text(f"<{address}>;answermode=auto;{account or 'regint=0'}\n")
    (folder / "contacts").write_text("")
    _write_tone(folder / "tone.wav")
    with running("baresip", ["baresip", "-f", str(folder)], folder) as program:
        program.opened(port)
        program.opened(control)
        yield Baresip(program, port, control, folder)


def _write_tone(file: Path) -> None:
    """Ten seconds at 8 kHz: `ausine` would need 48 kHz, and then no call is answered."""
    time = np.arange(10 * _RATE) / _RATE
    samples = (8000 * np.sin(2 * np.pi * TONE_HZ * time)).astype("<i2")
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE)
        out.writeframes(samples.tobytes())
