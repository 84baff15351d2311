"""Documents on paper: PDF with headings, facts and tables, right-to-left as well as left-to-right.

Knows nothing of records, tenants or requests: it is given words, and gives bytes. fpdf2 writes the file and embeds the
fonts, HarfBuzz shapes the letters. Between the two stands `shaping`, which uses inner parts of fpdf2 (`_out`, the codes
of a font's subset), because its own way from one to the other takes a millisecond a cell.
"""

from app.paper.document import Document
from app.paper.sheet import Imprint, Letterhead
from app.paper.table import Column

__all__ = ["Column", "Document", "Imprint", "Letterhead"]
