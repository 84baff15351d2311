"""Reading a resource as one person: which rows and fields, filtered, searched, sorted, page by page."""

from app.screens.reading.listing import Count, Line, Listing, count_rows, read_list, read_rows
from app.screens.reading.request import BadArguments, Filter, ListRequest, parse_list
from app.screens.reading.surface import Ref, Surface

__all__ = [
    "BadArguments", "Count", "Filter", "Line", "ListRequest", "Listing", "Ref", "Surface", "count_rows", "parse_list",
    "read_list", "read_rows",
]  # fmt: skip
