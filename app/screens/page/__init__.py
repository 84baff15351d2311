"""View models: everything a page template is given, already decided, worded and addressed.

Templates compute nothing and look nothing up: a view fills these frozen values, a template prints them. All `href`s
are complete addresses (tenant prefix included), all labels are in the reader's language, cell values are still typed
(the `ui_value` filter words them by `Column.kind`).
"""

from __future__ import annotations

from app.screens.page.boards import (
    BoardPage,
    CalendarDay,
    CalendarEntry,
    CalendarPage,
    Card,
    Lane,
    LanePage,
    LaneTotal,
    MoveForm,
    Sum,
    TotalLine,
    TotalsPage,
)
from app.screens.page.fields import FieldView, Hint, InlineRow, InlineView, Picker, Problem, SectionView
from app.screens.page.forms import ActionPage, ConflictField, ConflictPage, DeletePage, Effect, FormPage, SaveViewPage
from app.screens.page.frame import Account, ErrorPage, Frame, HomeGroup, HomePage, Language, MenuGroup, Surroundings
from app.screens.page.history import DiffGroup, DiffLine, HistoryEntry, HistoryFragment
from app.screens.page.listing import (
    ActiveFilter,
    BulkBar,
    ColumnChooser,
    FilterField,
    FilterOperator,
    FilterPanel,
    ListPage,
    Pager,
    SavedViewTab,
    TrashPage,
)
from app.screens.page.parts import ActionButton, Badge, Column, EmptyState, Link, Option, Reference, Row, Tone
from app.screens.page.record import (
    ChildTable,
    DetailItem,
    DetailPage,
    DetailSection,
    FieldForm,
    FieldSaved,
    PanelFragment,
    RelatedBlock,
    RelatedFragment,
)
from app.screens.page.timeline import TimelineEntryView, TimelineFragment, WriteBox

__all__ = [
    "Account",
    "ActionButton",
    "ActionPage",
    "ActiveFilter",
    "Badge",
    "BoardPage",
    "BulkBar",
    "CalendarDay",
    "CalendarEntry",
    "CalendarPage",
    "Card",
    "ChildTable",
    "Column",
    "ColumnChooser",
    "ConflictField",
    "ConflictPage",
    "DeletePage",
    "DetailItem",
    "DetailPage",
    "DetailSection",
    "DiffGroup",
    "DiffLine",
    "Effect",
    "EmptyState",
    "ErrorPage",
    "FieldForm",
    "FieldSaved",
    "FieldView",
    "FilterField",
    "FilterOperator",
    "FilterPanel",
    "FormPage",
    "Frame",
    "Hint",
    "HistoryEntry",
    "HistoryFragment",
    "HomeGroup",
    "HomePage",
    "InlineRow",
    "InlineView",
    "Lane",
    "LanePage",
    "LaneTotal",
    "Language",
    "Link",
    "ListPage",
    "MenuGroup",
    "MoveForm",
    "Option",
    "Pager",
    "PanelFragment",
    "Picker",
    "Problem",
    "Reference",
    "RelatedBlock",
    "RelatedFragment",
    "Row",
    "SaveViewPage",
    "SavedViewTab",
    "SectionView",
    "Sum",
    "Surroundings",
    "TimelineEntryView",
    "TimelineFragment",
    "Tone",
    "TotalLine",
    "TotalsPage",
    "TrashPage",
    "WriteBox",
]
