"""What a step works with: the inputs, the platforms, the journal, and what surrounds the run."""

from __future__ import annotations

import contextlib
import hashlib
import re
import ssl
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sfsip_nb.api.errors import ApiError
from sfsip_nb.api.exchanges import noted
from sfsip_nb.api.memory import Memory
from sfsip_nb.engine import spelling
from sfsip_nb.engine.journal import AnswerRow, Journal
from sfsip_nb.engine.model import Guide, Resource
from sfsip_nb.engine.verdicts import Basis
from sfsip_nb.inputs import private
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.inputs.secrets import Redactor, Secret

if TYPE_CHECKING:
    from sfsip_nb.sip import Resolver
    from sfsip_nb.sip.media.levels import Level

T = TypeVar("T")

Administer = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]
"""Has the simulated administrator carry out a card: system, step, values; answers what it saw.

Raises ``ValueError`` for what its screens do not take."""


@dataclass(frozen=True)
class Overheard:
    """What one end of a call heard by its own ears.

    ``since`` is when it began to listen (Unix seconds), ``levels`` one value for each
    ``levels.STEP_S`` from then on, ``tones`` each one's ``hz`` and ``seconds``, ``words`` the
    caller's recordings that it knew, each with ``name`` and ``seconds``.
    """

    since: float
    levels: Sequence[Level]
    tones: Sequence[Mapping[str, float]]
    words: Sequence[Mapping[str, Any]] = ()


AgentEars = Callable[[str, datetime, str], Overheard | None]
"""What the AI agent heard of a call: to a number, placed at a moment, with a mark if marks get
there. None: the call never reached it."""


@dataclass(frozen=True)
class Surroundings:
    """What differs between a live customer and the testbed, and nothing else.

    ``origins`` are API origins by name; ``phone`` is the SIP address of the telephone network
    that a test call may be placed through, where there is one; ``time_scale`` divides waits.
    ``agent_ears`` is there only where both ends of a call can be seen. ``screen`` says what stands
    on the screen that a card is about, and changes nothing there.
    """

    origins: Mapping[str, str]
    resolver: Resolver
    administer: Administer | None = None
    screen: Administer | None = None
    agent_ears: AgentEars | None = None
    phone: str = ""
    cafile: str | None = None
    time_scale: float = 1.0

    def tls(self) -> ssl.SSLContext:
        """What a TLS client trusts: the public authorities, and the testbed's own."""
        trusted = ssl.create_default_context()
        if self.cafile:
            trusted.load_verify_locations(self.cafile)
        return trusted


@dataclass
class Context:
    """One attempt of one run, as its steps see it.

    ``parameters`` are the inputs with names as the platforms spell them, ``typed`` those as they
    were typed. ``watched``: a person is there, who sees what takes long and may act meanwhile.
    ``recalls``: nobody is, and its steps follow one another at once, so that one may go by what
    another has just read (``memory``).
    """

    guide: Guide
    parameters: Parameters
    mode: str
    journal: Journal
    attempt: int
    run_dir: Path
    secrets: Mapping[str, Secret]
    redactor: Redactor
    surroundings: Surroundings
    watched: bool = False
    recalls: bool = False
    memory: Memory = field(default_factory=Memory)
    typed: Parameters = field(init=False)
    _made: dict[str, Any] = field(default_factory=dict)
    _closers: list[Callable[[], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Take the names as the run has found them spelled."""
        self.typed = self.parameters
        self.parameters = spelling.corrected(self.typed, self.journal)

    @property
    def run(self) -> str:
        """The run's name."""
        return self.parameters.run_name

    @property
    def live(self) -> bool:
        """Whether this touches a real customer."""
        return self.parameters.target == "live"

    def by_hand(self, step: str) -> bool:
        """Whether a person does what a step's card says: always, except in a rehearsal where the
        simulated administrator is to do it."""
        chosen = self.parameters.by_hand
        return chosen.calls if self.guide.step(step).dials else chosen.cards

    @property
    def marker(self) -> str:
        """The text by which objects of this run are known on the platforms."""
        return f"Managed by sfsip, run {self.run}"

    def once(
        self, name: str, make: Callable[[], T], close: Callable[[T], object] | None = None
    ) -> T:
        """A thing made on first use and kept until ``release`` (a client, the resources)."""
        if name not in self._made:
            new = make()
            self._made[name] = new
            if close is not None:
                self._closers.append(lambda: close(new))
        made: T = self._made[name]
        return made

    def release(self) -> None:
        """Close what ``once`` made: tokens are revoked; all is made anew when needed again."""
        with noted() as asked:
            while self._closers:
                # A platform that is gone cannot revoke; its token lapses by itself.
                with contextlib.suppress(ApiError):
                    self._closers.pop()()
        self.count(Counter(one.platform for one in asked))
        self.memory = Memory()
        self._made.clear()

    def count(self, sent: Mapping[str, int]) -> None:
        """Add what was sent, by platform, to the attempt's requests."""
        if sent and self.attempt:  # a form that only reads is no attempt
            self.journal.count_requests(self.attempt, sent)

    def changed(self, system: str) -> None:
        """A person has changed something on a platform: only what lasts is still known of it."""
        for name, origin in self.surroundings.origins.items():
            if name.partition(".")[0] == system:
                self.memory.written(origin.rstrip("/"))

    def resource(self, kind: str) -> Resource:
        """How to read and change one kind of object. Raises ``KeyError`` for an unknown kind."""
        return self.once("resources", lambda: self.guide.resources(self))[kind]

    def spell(self, key: str, name: str) -> None:
        """From here on, in all of the run, the input under a dotted key is spelled like that."""
        spelling.keep(self.journal, key, spelling.value(self.typed, key), name)
        self.parameters = spelling.corrected(self.typed, self.journal)
        self._made.pop("resources", None)  # they were made with the name as it was typed

    def answer(self, step: str) -> AnswerRow | None:
        """What a person said of a step, if they did."""
        return self.journal.answer(step)

    def given(self, step: str, name: str) -> str:
        """A value that a person handed back with a step, else an empty text."""
        answer = self.answer(step)
        return str(answer.given.get(name, "")) if answer else ""

    def keep_evidence(
        self, step: str, kind: Basis, title: str, suffix: str, content: str | bytes
    ) -> str:
        """Keep a file of evidence, named by its content, secrets taken out. Returns its name."""
        if isinstance(content, str):
            content = self.redactor.text(content).encode("utf-8", "backslashreplace")
        elif self.redactor.found_in(content):
            raise ValueError(f"evidence {title!r} of {step} holds a secret and was not kept")
        digest = hashlib.sha256(content).hexdigest()
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40]
        name = f"{digest[:12]}-{slug}.{suffix}"
        folder = self.run_dir / "evidence"
        private.write(private.folder(folder) / name, content)
        self.journal.keep_evidence(self.attempt, step, kind, name, title, digest)
        return name
