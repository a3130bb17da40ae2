"""From the bytes of a table to its header and its lines, whatever program wrote it.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator

from fetal.configuration import declared

_DELIMITERS = (";", ",", "\t", "|")
_SEPARATOR = re.compile(r'"?sep=(.)"?;*,*', re.IGNORECASE)
"""The first line by which Excel is told what separates the cells."""
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COLUMNS = 1_000
_MILLION = 1_000_000
_GLANCE = 1_000
"""Bytes from which UTF-16 without its mark is told."""


class LabelTableError(ValueError):
    """The file is no table of labels."""


class TableTooLargeError(LabelTableError):
    """The table has more bytes or lines than the limits allow."""


def table_megabytes() -> int:
    """Return how large a table may be, in units of 1,000,000 bytes (`FETAL_TABLE_MEGABYTES`)."""
    return declared.TABLE_MEGABYTES.value()


def most_lines() -> int:
    """Return how many lines a table may have (`FETAL_TABLE_LINES`)."""
    return declared.TABLE_LINES.value()


def check_table_bytes(count: int) -> None:
    """Refuse a table by its length, before it is read.

    Args:
        count: its bytes.

    Raises:
        TableTooLargeError: there are too many.
    """
    megabytes = table_megabytes()
    if count > megabytes * _MILLION:
        raise TableTooLargeError(
            f"Expected a table of at most {megabytes:,} MB, received one of "
            f"{count / _MILLION:,.0f} MB. Import it in parts, or ask for a higher "
            "FETAL_TABLE_MEGABYTES."
        )


class TableText:
    """A table of which only the header is read until its lines are asked for.

    Args:
        data: a CSV with a header, separated by commas, semicolons, tabs or bars; UTF-8, UTF-16 or
            the western code page of Windows; a first line such as `sep=;` counts.

    Attributes:
        names: the header's cells.

    Raises:
        LabelTableError: it is no table.
    """

    def __init__(self, data: bytes) -> None:
        check_table_bytes(len(data))
        text = _text(data)
        first, _, rest = text.partition("\n")
        said = _SEPARATOR.fullmatch(first.strip(" \r"))
        self._skipped = 1 if said else 0
        self._text = rest if said else text
        header = self._text.partition("\n")[0]
        self._delimiter = said.group(1) if said else max(_DELIMITERS, key=header.count)
        self.names: list[str] = next(self._cells(), (0, []))[1]
        if len(self.names) > _COLUMNS:
            raise TableTooLargeError(
                f"Expected a table of at most {_COLUMNS:,} columns, received {len(self.names):,}."
            )

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """Read the lines below the header.

        Yields:
            The number of each line that holds anything, from 1 for the file's first, and its
            cells.

        Raises:
            LabelTableError: a line cannot be read, or there are too many.
        """
        most = most_lines()
        cells = self._cells()
        next(cells, None)
        count = 0
        for number, line in cells:
            if any(cell.strip() for cell in line):
                count += 1
                if count > most:
                    raise TableTooLargeError(
                        f"Expected a table of at most {most:,} lines, received one with more. "
                        "Import it in parts, or ask for a higher FETAL_TABLE_LINES."
                    )
                yield number, line

    def _cells(self) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(
            io.StringIO(self._text, newline=""), delimiter=self._delimiter, strict=False
        )
        try:
            for cells in reader:
                yield reader.line_num + self._skipped, cells
        except csv.Error as error:
            raise LabelTableError(
                f"The table cannot be read ({error}). Save it as CSV and import it again."
            ) from error


def _text(data: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    encoding = encoding or _unmarked(data[:_GLANCE])
    if encoding is not None:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            raise _no_table() from error
    if b"\0" in data:
        raise _no_table()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Spreadsheet programs on Windows write the western code page.
        return data.decode("cp1252", errors="replace")


def _unmarked(start: bytes) -> str | None:
    """UTF-16 without its mark, by the zeros that are half of western letters."""
    if len(start) < 4 or start[:2] == b"PK":
        return None
    even, odd = start[0::2], start[1::2]
    if odd.count(0) > 0.8 * len(odd) and 0 not in even:
        return "utf-16-le"
    if even.count(0) > 0.8 * len(even) and 0 not in odd:
        return "utf-16-be"
    return None


def _no_table() -> LabelTableError:
    return LabelTableError(
        "Expected a CSV table, received another kind of file. In a spreadsheet program, save "
        "the table as CSV and import that."
    )
