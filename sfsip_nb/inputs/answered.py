"""The numbers that the AI agent answers: alone, as ranges, with their assistant, or in a CSV file.

However they are written, each number is one `AnsweredNumber` in the end.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from sfsip_nb.inputs import fields as f
from sfsip_nb.inputs import files, ranges
from sfsip_nb.inputs.blocks import Block, ask
from sfsip_nb.inputs.meant import Normalizer

COLUMNS = ("number", "assistant", "label")
"""The columns of a CSV file, and the order of the values on one line of a form."""

_LARGEST = 100 * ranges.MOST  # bytes; a line is shorter
_TOLD = 5  # lines of a file that one message names


class AnsweredNumber(Block):
    """A number or a range that the AI agent answers, and who does where that is not the usual one.

    Written as text it is the number alone, or its values in the order of `COLUMNS`, with commas.
    """

    number: f.Item = ask("the number or range, E.164, in quotes", "")
    assistant: f.Line = ask("id or exact name of its assistant; empty: synthflow.assistant", "", "")
    label: f.Line = ask("what the number is for", "", "")

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            values = next(csv.reader([value], skipinitialspace=True), []) or [""]
            if len(values) > len(COLUMNS):
                raise ValueError(
                    f"is '{value[:80]}', with more than a number, an assistant and a label. Put a"
                    " name that contains a comma in double quotes."
                )
            return dict(zip(COLUMNS, map(str.strip, values), strict=False))
        if not isinstance(value, dict | cls):
            raise PydanticKnownError("string_type")
        return value

    @model_serializer
    def _to_plain(self) -> str | dict[str, str]:
        named = {"assistant": self.assistant, "label": self.label}
        own = {name: value for name, value in named.items() if value}
        return {"number": self.number} | own if own else self.number

    def __str__(self) -> str:
        values = [self.number, self.assistant, self.label]
        while not values[-1] and len(values) > 1:
            values.pop()
        return ", ".join(map(_quoted, values))


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if {",", '"'} & set(value) else value


def meant(line: str) -> str:
    """A line of a form with its number or range in E.164 form, where it is plain which that is."""
    try:
        entry = AnsweredNumber.model_validate(line)
    except ValidationError:
        return line
    number = ranges.meant(entry.number)
    return line if number == entry.number else str(entry.model_copy(update={"number": number}))


def as_line(entry: Any) -> str:
    """An entry of `numbers` as it is given, on one line of a form."""
    try:
        return str(AnsweredNumber.model_validate(entry))
    except ValidationError:
        return str(entry)


def _listed(value: Any) -> Any:
    """What a CSV file holds, where its path stands in place of the list or as its only entry."""
    path = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(path, str) and path.strip().lower().endswith(".csv"):
        return list(_rows(path.strip()))
    return value


def _rows(path: str) -> Iterator[AnsweredNumber]:
    try:
        text = files.read(Path(path), _LARGEST).decode("utf-8-sig")
    except files.Unfit as unfit:
        raise ValueError(f"names {path}, which cannot be read: it {unfit}.") from None
    except UnicodeDecodeError:
        raise ValueError(f"names {path}, which is not UTF-8 text. Save it as CSV UTF-8.") from None
    except OSError as error:
        raise ValueError(
            f"names {path}, which cannot be read: {error.strerror}. Give the path of a CSV file."
        ) from None
    first, _, _ = text.partition("\n")
    reader = csv.reader(io.StringIO(text), delimiter=";" if ";" in first else ",")
    head = [name.strip().casefold() for name in next(reader, [])]
    if "number" not in head or set(head) - set(COLUMNS):
        raise ValueError(
            f"names {path}, whose first line must name its columns: number, and if you like"
            f" assistant and label. It is '{first.strip()[:80]}'."
        )
    wrong = []
    for values in reader:
        if not any(value.strip() for value in values):
            continue
        try:
            yield _row(head, [value.strip() for value in values])
        except ValueError as error:
            wrong.append(f"line {reader.line_num} {error}")
    if wrong:
        more = len(wrong) - _TOLD
        told = " ".join(wrong[:_TOLD]) + (f" So do {more} more lines." if more > 0 else "")
        raise ValueError(f"names {path}, with lines that cannot be used: {told}")


def _row(head: list[str], values: list[str]) -> AnsweredNumber:
    """One line of a file. Raises ValueError with the end of a sentence."""
    if len(values) > len(head):
        raise ValueError("has more values than the first line has columns.")
    try:
        made = AnsweredNumber.model_validate(dict(zip(head, values, strict=False)))
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][-1])
        raise ValueError(f"has a {field} that cannot be used. Correct it.") from None
    _expanded(made)
    return made


def _expanded(entry: AnsweredNumber) -> list[str]:
    """The numbers of an entry. Raises ValueError for one that is none, or may never be called."""
    if not entry.number:
        raise ValueError("has no number.")
    return [f.number(number) for number in ranges.expand(entry.number)]


def _checked(entries: list[AnsweredNumber]) -> list[AnsweredNumber]:
    """The entries, each number good and there once. Raises ValueError naming those that are not."""
    problems, numbers = [], []
    for place, entry in enumerate(entries, 1):
        try:
            numbers += _expanded(entry)
        except (ValueError, PydanticCustomError) as error:
            problems.append(f"entry {place} {str(error).rstrip('.')}")
    if problems:
        raise ValueError(f"has entries that cannot be used: {'; '.join(problems)}.")
    f.refuse_too_many(numbers)
    f.refuse_twice(numbers)
    return entries


Answered = Annotated[
    list[AnsweredNumber],
    BeforeValidator(_listed),
    Field(min_length=1, max_length=ranges.MOST),
    AfterValidator(_checked),
    Normalizer(meant),
]
"""The value of `numbers`."""


def each_of(written: Iterable[Any]) -> Iterator[tuple[str, str, str]]:
    """Number, assistant and label of each, of inputs as a record has them, whatever they hold."""
    for entry in written:
        values = entry if isinstance(entry, dict) else {"number": entry}
        number, assistant, label = (str(values.get(name) or "") for name in COLUMNS)
        try:
            numbers = ranges.expand(number)
        except ValueError:
            numbers = [number]
        yield from ((one, assistant, label) for one in numbers)


def each(entries: Iterable[AnsweredNumber]) -> Iterator[AnsweredNumber]:
    """Every number by itself, ranges taken apart."""
    for entry in entries:
        for number in ranges.expand(entry.number):
            yield entry.model_copy(update={"number": number})
