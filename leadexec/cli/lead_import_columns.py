"""Which column of a file is which field of a lead."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from leadexec.cli.lead_import_rows import SourceRow
from leadexec.contracts.campaigns import FieldDetails
from leadexec.errors import ConfigurationError, Fault, LeadexecError

COLUMNS: Final = 1_000
"""Columns of a file at most."""


class Columns(msgspec.Struct, kw_only=True, frozen=True):
    """How a row becomes the fields of a lead."""

    mapped: tuple[tuple[int, str], ...]
    """Index of the column, name of the field; in the file's order."""
    width: int
    """Columns that the header names."""
    unmapped: tuple[str, ...]
    """Headings of the columns that are left out."""
    missing: tuple[str, ...]
    """Required fields without a default that no column brings."""

    def fields(self, row: SourceRow) -> dict[str, str]:
        """Return the fields that ``row`` brings; blank cells bring none."""
        cells = row.cells
        return {
            name: cells[index]
            for index, name in self.mapped
            if index < len(cells) and cells[index] and not cells[index].isspace()
        }

    def checked(self, row: SourceRow) -> SourceRow:
        """Return ``row``, or why it cannot be read: cells beyond the header belong nowhere."""
        if row.code or not any(cell.strip() for cell in row.cells[self.width :]):
            return row
        message = f"It has more cells than the header's {self.width}; a delimiter is not quoted?"
        return SourceRow(row.number, (), "too_many_cells", message)


def columns_of(
    header: Sequence[str], fields: Sequence[FieldDetails], wanted: Mapping[str, str | None]
) -> Columns:
    """Return which columns are which fields.

    Args:
        header: The headings.
        fields: Of the campaign's lead type.
        wanted: Heading → field, as the operator says it; None leaves the column out. A column that
            is not named here is the field that its heading names or, else, describes. Letter case
            and outer blanks do not matter.

    Raises:
        ConfigurationError: Every heading and field that does not fit.
    """
    headings = [heading.strip() for heading in header]
    while headings and not headings[-1]:
        headings.pop()
    if len(headings) > COLUMNS:
        text = f"A file has at most {COLUMNS:,} columns; this one has {len(headings):,}."
        raise ConfigurationError.single("too_many_columns", "header", text)
    explicit = {heading.strip().casefold(): name for heading, name in wanted.items()}
    faults = [
        Fault(code="unknown_column", path=heading[:100], message="The file has no such column.")
        for heading in wanted
        if heading.strip().casefold() not in {known.casefold() for known in headings}
    ]
    book = _FieldBook(fields)
    chosen = [
        book.explicit(heading, explicit[heading.casefold()], faults)
        if heading.casefold() in explicit
        else book.guessed(heading)
        for heading in headings
    ]
    faults.extend(_twice(headings, chosen))
    if not any(chosen) and not faults:
        text = f"None of the columns is a field: {', '.join(headings)[:500]}."
        faults.append(Fault(code="nothing_mapped", path="header", message=text))
    if faults:
        raise ConfigurationError(faults, "The columns cannot be mapped.")
    return Columns(
        mapped=tuple((index, name) for index, name in enumerate(chosen) if name),
        width=len(headings),
        unmapped=tuple(h for h, name in zip(headings, chosen, strict=True) if h and not name),
        missing=tuple(f.name for f in fields if _is_missed(f) and f.name not in chosen),
    )


class _FieldBook:
    """The fields that a column can be, by name and by description."""

    def __init__(self, fields: Sequence[FieldDetails]) -> None:
        posted = [field for field in fields if not field.computed]
        self._names = {field.name.casefold(): field.name for field in posted}
        described: dict[str, list[str]] = {}
        for field in posted:
            described.setdefault(field.description.strip().casefold(), []).append(field.name)
        self._described = {text: names[0] for text, names in described.items() if len(names) == 1}

    def guessed(self, heading: str) -> str:
        key = heading.casefold()
        return self._names.get(key) or self._described.get(key, "")

    def explicit(self, heading: str, name: str | None, faults: list[Fault]) -> str:
        if name is None:
            return ""
        found = self.guessed(name.strip())
        if not found:
            known = ", ".join(sorted(self._names.values()))[:500]
            text = f"There is no field {name[:100]!r} that can be posted; there are: {known}."
            faults.append(Fault(code="unknown_field", path=heading[:100], message=text))
        return found


def _twice(headings: Sequence[str], chosen: Sequence[str]) -> Iterator[Fault]:
    by_field: dict[str, list[str]] = {}
    for heading, name in zip(headings, chosen, strict=True):
        if name:
            by_field.setdefault(name, []).append(heading)
    for name, found in by_field.items():
        if len(found) > 1:
            text = f"Several columns are this field: {', '.join(found)[:300]}; map all but one away"
            message = f"{text} (in a mapping file, to null)."
            yield Fault(code="field_given_twice", path=name, message=message)


def _is_missed(field: FieldDetails) -> bool:
    return field.required and not field.default and not field.computed


def wanted_mapping(words: Sequence[str], file: Path | None) -> dict[str, str | None]:
    """Return heading → field as the command line says it; words win over the file.

    Args:
        words: ``Their column=FieldName`` each.
        file: A JSON object: heading → field, or null.

    Raises:
        ConfigurationError: Every word that is wrong; the file is none.
        LeadexecError: ``unreadable``.
    """
    mapping = {} if file is None else _read(file)
    faults: list[Fault] = []
    for word in words:
        heading, sign, name = word.rpartition("=")
        if not sign or not heading.strip() or not name.strip():
            text = f"{word!r} is not of the form 'Their column=FieldName'."
            faults.append(Fault(code="not_a_mapping", path="--map", message=text))
        else:
            mapping[heading] = name
    if faults:
        raise ConfigurationError(faults)
    return mapping


def _read(file: Path) -> dict[str, str | None]:
    try:
        decoded: Any = msgspec.json.decode(file.read_bytes())
        return msgspec.convert(decoded, dict[str, str | None])
    except OSError as error:
        raise LeadexecError("unreadable", f"{file} cannot be read: {error.strerror}.") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        text = f"{file} is no JSON object from headings to fields: {error}."
        raise ConfigurationError.single("not_a_mapping", "--map-file", text) from None
