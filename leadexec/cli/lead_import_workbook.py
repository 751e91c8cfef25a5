"""One sheet of a workbook as lines of JSON: run as a script, in a process of its own.

The library that reads workbooks makes a sheet dense: two cells in opposite corners are 17 thousand
million cells to it, and a process that cannot have the memory for them is ended on the spot. So
that process is not ours, and what it may use is bounded.

The first line is ``{"sheet": name, "rows": number}``, each further one ``[row, [cells]]``; blank
rows are left out. What is wrong is one line ``{"error": [code, message]}``.
"""

import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

MEMORY = 2 * 1024**3
"""Bytes of address space; more is refused by the system."""
SECONDS = 600
"""Of processor time."""


def main(path: str, sheet: str) -> int:
    """Print the rows of ``sheet`` (empty: the first that is shown); return the exit status."""
    import msgspec  # noqa: PLC0415  after the limits

    encode = msgspec.json.Encoder().encode
    out = sys.stdout.buffer
    try:
        for line in lines(path, sheet):
            out.write(encode(line) + b"\n")
    except LookupError as error:
        out.write(encode({"error": ["unknown_sheet", str(error.args[0])]}) + b"\n")
        return 1
    except Exception as error:  # noqa: BLE001  the library's errors have no common base
        told = f"It cannot be read as a workbook ({type(error).__name__}: {error})."
        out.write(encode({"error": ["not_a_workbook", told[:500]]}) + b"\n")
        return 1
    finally:
        out.flush()
    return 0


def lines(path: str, sheet: str) -> Iterator[Any]:
    """Yield the head and then the rows that hold anything.

    Raises:
        LookupError: There is no such sheet.
    """
    import python_calamine as calamine  # noqa: PLC0415  optional, and only this process's

    with calamine.load_workbook(path) as book:
        shown = calamine.SheetVisibleEnum.Visible
        name = sheet or next(
            (found.name for found in book.sheets_metadata if found.visible == shown), ""
        )
        if name not in book.sheet_names:
            known = ", ".join(repr(found) for found in book.sheet_names[:20]) or "none"
            message = f"There is no sheet {name!r}; there are: {known}."
            raise LookupError(message)
        read = book.get_sheet_by_name(name)
        yield {"sheet": name, "rows": read.end[0] + 1 if read.end else 0}
        for number, row in enumerate(read.iter_rows() if read.end else (), 1):
            cells = [cell_text(cell) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield [number, cells]


def cell_text(cell: Any) -> str:
    """Return what a cell holds as text: dates by ISO 8601, numbers without exponent."""
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() else f"{Decimal(repr(cell)):f}"
        case datetime() | date() | time():
            return cell.isoformat()
        case timedelta():
            minutes, seconds = divmod(int(cell.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        case _:
            return str(cell)


def _limit() -> None:
    try:
        import resource  # noqa: PLC0415  not on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _limit()
    raise SystemExit(main(sys.argv[1], sys.argv[2]))
