"""Which causes nothing could be seen of, as a call ended before them or a look was refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from sfsip_nb.engine.callpath import CallPath
from sfsip_nb.engine.causes import Kinds, KnownCause, Sign
from sfsip_nb.engine.rows import CheckRow
from sfsip_nb.engine.verdicts import Verdict

_API = "api"
"""How the own part of the id of a refused request begins."""


class Sight:
    """How far a run saw: its checks by kind, and how far each test's calls came."""

    def __init__(
        self,
        paths: Sequence[CallPath],
        checks: Iterable[CheckRow],
        kinds: Kinds,
        far: Iterable[tuple[tuple[str, str], tuple[int, CheckRow]]],
    ) -> None:
        self.paths, self.kinds = paths, kinds
        self._far: dict[str, int] = {}
        for (test, _), (place, _) in far:
            self._far[test] = max(place, self._far.get(test, -1))
        ids = [check.id.partition("/") for check in checks]
        tests = {path.test for path in paths}
        self._cut_off = {step for step, _, own in ids if step in tests or own.startswith(_API)}

    def lacks(self, causes: Iterable[KnownCause]) -> list[KnownCause]:
        """Those of the causes that neither a call nor a look shows to be there or not."""
        return [cause for cause in causes if not self._saw(cause) and self._would(cause)]

    def _saw(self, cause: KnownCause) -> bool:
        """Whether a call of a test that would show it got past its place, or a check passed."""
        steps = {sign.check.partition("/")[0] for sign in cause.signs}
        past = any(
            self._far.get(path.test, -1) > place
            for path in self.paths
            if path.without != cause.side and (place := path.place(cause.at)) >= 0
            if any(fnmatchcase(path.test, step) for step in steps)
        )
        return past or any(
            check.verdict is Verdict.PASS for sign in cause.signs for check in self.kinds.of(sign)
        )

    def _would(self, cause: KnownCause) -> bool:
        """Whether a check of it belongs to a call that was made, or to a step that was refused."""
        return any(self._is_cut_off(sign) for sign in cause.signs)

    def _is_cut_off(self, sign: Sign) -> bool:
        step = sign.check.partition("/")[0]
        return step != "*" and any(fnmatchcase(name, step) for name in self._cut_off)
