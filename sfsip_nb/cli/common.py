"""What all commands share: the application, and how a command ends."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from sfsip_nb.inputs.errors import InputError, SfsipError
from sfsip_nb.runs.errors import internal
from sfsip_nb.runs.waiting import Clock, Show, Wait, seldom

FAILED = 1
BAD_INPUT = 2
OPEN = 3
BROKE_OFF = 4
CODES = {"pass": 0, "fail": FAILED, "inconclusive": OPEN}
"""Exit codes by verdict (README, "Exit codes")."""

PLAIN: dict[str, Any] = {
    "no_args_is_help": True,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}
app = typer.Typer(
    **PLAIN,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Connect a contact center to Synthflow over SIP, and prove that it works.",
)

Folder = Annotated[Path, typer.Argument(help="the run's folder", metavar="DIR")]


def _long(wait: Wait) -> None:
    from sfsip_nb.present.text import one_line

    complain(f"… {one_line(wait)}")


@contextmanager
def paragraphs(show: Show = _long) -> Iterator[None]:
    """What a user can mend becomes one paragraph on stderr and an exit code.

    `show` is told what takes long.
    """
    try:
        with Clock("", seldom(show)):
            yield
    except typer.Exit:
        raise
    except InputError as error:
        _stop(str(error), BAD_INPUT)
    except SfsipError as error:
        _stop(f"{error} {getattr(error, 'advice', '')}".strip(), BROKE_OFF)
    except KeyboardInterrupt as interrupt:
        told = "Run the same command to continue from here."
        if isinstance(left := interrupt.__cause__, SfsipError):  # something is half changed
            told = f"{left} {getattr(left, 'advice', '')}"
        _stop(f"Interrupted. {told}", BROKE_OFF)
    except BrokenPipeError:  # who read our lines, such as head, has gone
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - or the interpreter's own flush fails
        raise typer.Exit(BROKE_OFF) from None
    except Exception as error:
        _stop(
            f"sfsip stopped on {internal(error)}. Run the same command to continue; if it stops"
            " again, report this line.",
            BROKE_OFF,
        )


def _stop(paragraph: str, code: int) -> None:
    complain(paragraph)
    raise typer.Exit(code)


def say(text: str) -> None:
    """A text to stdout, at once; nothing in it steers the terminal."""
    _print(text, sys.stdout)


def say_not_searched(missing: Sequence[str]) -> None:
    """Which secrets a file that is to be handed on could not be searched for, if any."""
    if missing:
        say(
            f"The file was not searched for the secrets of {', '.join(missing)}: they cannot be"
            " read here. Look through it before you send it."
        )


def complain(text: str) -> None:
    """The same to stderr."""
    _print(text, sys.stderr)


def _print(text: str, where: TextIO) -> None:
    from sfsip_nb.present.text import visible

    where.write(f"{visible(text)}\n")  # in one, for waits are told from a thread of their own
    where.flush()


def become(module: str, *arguments: str) -> None:
    """Go on as `python -m module`, in this process."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])
