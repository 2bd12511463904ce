"""A detached signature of an attempt's sums, made and checked by OpenSSH (`ssh-keygen -Y`).

Sums show change, not origin. The user's own SSH key, which their colleagues know already, shows
who vouches for them; the format is OpenSSH's SSHSIG (PROTOCOL.sshsig), so that anybody can check it
without this program.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sfsip_nb.inputs import private
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.runs import sums

NAMESPACE = "sfsip-record"
"""What the signature is for; one made for another purpose does not count."""

_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
_SIGNERS = "allowed_signers"


@dataclass(frozen=True)
class Signature:
    """What a signature is worth: good, bad, or good by a key that nobody vouched for (None)."""

    good: bool | None
    says: str


def able(key: Path | None) -> None:
    """Raises InputError where nothing can be signed: no program for it, or no key."""
    _program()
    if key is None:
        _own_key()
    elif not key.is_file():
        raise InputError("--key", f"There is no key {key}. Check the path.")


def sign(attempt: Path, key: Path | None = None) -> Path:
    """Sign an attempt's sums; answers the signature's path.

    `key`: a private key, or the public one of a key that the agent holds; else the user's own.
    Raises InputError where that cannot be done.
    """
    key = key or _own_key()
    done = _ssh_keygen(attempt, "sign", "-f", str(key), "-n", NAMESPACE)
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip() or "no reason given"
        raise InputError("--key", f"ssh-keygen did not sign with {key}: {why}")
    signature = attempt / sums.SIGNATURE
    private.write(signature, done.stdout)
    return signature


def verify(attempt: Path, signers: Path | None = None) -> Signature | None:
    """What the attempt's signature is worth; None where there is none.

    `signers`: a file of allowed signers (ssh-keygen(1)); else the user's own, if there is one.
    """
    signature = attempt / sums.SIGNATURE
    signers = signers or _own_signers()
    if not signature.is_file():
        return None
    by = ("-s", str(signature))
    fits = _ssh_keygen(attempt, "check-novalidate", "-n", NAMESPACE, *by)
    if fits.returncode:
        return Signature(False, f"the signature does not fit {sums.NAME}")
    key = fits.stdout.decode(errors="replace").strip().rpartition(" ")[2]
    if signers is None:
        return Signature(
            None,
            f"signed with key {key}; whose key that is was not checked, because no file of allowed"
            " signers was named (--signers FILE)",
        )
    known = _ssh_keygen(attempt, "find-principals", "-f", str(signers), *by)
    names = known.stdout.decode(errors="replace").splitlines()
    for name in names if not known.returncode else ():
        held = _ssh_keygen(attempt, "verify", "-f", str(signers), "-I", name, "-n", NAMESPACE, *by)
        if not held.returncode:
            return Signature(True, f"signed by {name} with key {key}")
    return Signature(False, f"signed with key {key}, which {signers} does not allow")


def _own_key() -> Path:
    folder = Path.home() / ".ssh"
    for name in _KEYS:
        if (folder / name).is_file():
            return folder / name
    raise InputError(
        "--key",
        f"There is no SSH key in {folder}. Name one with --key FILE, or make one with ssh-keygen.",
    )


def _own_signers() -> Path | None:
    path = Path.home() / ".ssh" / _SIGNERS
    return path if path.is_file() else None


def _program() -> str:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise InputError("ssh-keygen", "ssh-keygen is not installed; it comes with OpenSSH.")
    return program


def _ssh_keygen(attempt: Path, what: str, *options: str) -> subprocess.CompletedProcess[bytes]:
    """`ssh-keygen -Y what` over the sums; a passphrase is asked for on the terminal."""
    program = _program()
    with (attempt / sums.NAME).open("rb") as data:
        return subprocess.run(
            [program, "-Y", what, *options], stdin=data, capture_output=True, check=False
        )
