"""Files of any origin -> headings and numbered lines of texts, one at a time, whatever their size.

found = detect(file, "people.csv")
table = open_table(file, found)
for line in table.lines: ...
"""

from app.transfer.reading.delimited import DELIMITERS
from app.transfer.reading.formats import ENCODINGS, Format, detect, open_table
from app.transfer.reading.lines import MOST_COLUMNS, MOST_LINES, Line, Table, Unreadable

__all__ = [
    "DELIMITERS", "ENCODINGS", "MOST_COLUMNS", "MOST_LINES", "Format", "Line", "Table", "Unreadable", "detect",
    "open_table",
]  # fmt: skip
