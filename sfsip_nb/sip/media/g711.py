"""G.711 µ-law and A-law by table (ITU-T G.711); `audioop` left Python with 3.13."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]


def _decode_mu() -> Samples:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _decode_a() -> Samples:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent = code >> 4 & 7
    magnitude = ((code & 0x0F) << 4) + 8
    magnitude = np.where(exponent == 0, magnitude, magnitude + 0x100 << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _encode(decode: Samples) -> NDArray[np.uint8]:
    """For each 16-bit value the code whose decoded value is nearest."""
    # Of the two codes for 0 in µ-law the larger, all ones, is the one that encoders send.
    order = np.lexsort((-np.arange(256), decode))
    levels = decode[order].astype(np.int32)
    nearest = np.searchsorted((levels[1:] + levels[:-1]) / 2, np.arange(65_536) - 32_768)
    return np.roll(order[nearest], 32_768).astype(np.uint8)  # index by value modulo 65 536


_DECODE = {"PCMU": _decode_mu(), "PCMA": _decode_a()}
_ENCODE = {name: _encode(table) for name, table in _DECODE.items()}


def decode(codec: str, payload: bytes) -> Samples:
    """Linear 16-bit samples of a payload. Raises KeyError for another codec."""
    return _DECODE[codec][np.frombuffer(payload, np.uint8)]


def encode(codec: str, samples: Samples) -> bytes:
    """Payload of linear 16-bit samples. Raises KeyError for another codec."""
    return _ENCODE[codec][samples.view(np.uint16)].tobytes()


def silence(codec: str, samples: int) -> bytes:
    """Payload of digital silence."""
    return bytes([int(_ENCODE[codec][0])]) * samples


def transcode(source: str, target: str, payload: bytes) -> bytes:
    """The payload in the other law; the same bytes where the laws are equal."""
    return payload if source == target else encode(target, decode(source, payload))
