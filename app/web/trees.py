"""`ui_nodes`: the records of one level of a tree as HTML, and those below them that are shown already."""

# ruff: noqa: S704  (this layer escapes: see `app.web.values`)

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from markupsafe import Markup

from app.screens.page import Column, Node
from app.web.icons import icon
from app.web.values import NONE, safe, values_of


def ui_nodes(nodes: Sequence[Node], columns: Sequence[Column]) -> Markup:
    """Items of a list, one for each record. Everything that is not ours is escaped."""
    columns_html = [_items(one, [node.values[at] for node in nodes]) for at, one in enumerate(columns)]
    held = ["".join(parts) for parts in zip(*columns_html, strict=True)] if columns_html else [""] * len(nodes)
    return Markup("\n".join([_node(node, items, columns) for node, items in zip(nodes, held, strict=True)]))


def _node(node: Node, items: str, columns: Sequence[Column]) -> str:
    kind = "" if node.is_sought else " beside"
    title = f'<a class="node-title" href="{safe(node.href)}"><bdi>{safe(node.title)}</bdi></a>'
    facts = f'<span class="node-items">{items}</span>' if items else ""
    line = f'<div class="node-line">{_twist(node)}{title}{facts}</div>'
    return f'<li class="node{kind}" data-node="{node.id}">{line}{_below(node, columns)}</li>'


def _twist(node: Node) -> str:
    """What opens and closes it: a link where there are no scripts, which make a button of it."""
    if not node.count:
        return '<span class="twist"></span>'
    words = _("Below “%(name)s”: %(count)s", name=node.title, count=node.count)
    is_open = ' data-open=""' if node.nodes else ""
    href, number = safe(node.below_href), f'<span class="node-count" aria-hidden="true">{safe(node.count)}</span>'
    return f'<a class="twist" href="{href}" data-twist{is_open} aria-label="{safe(words)}">{icon("next")}{number}</a>'


def _below(node: Node, columns: Sequence[Column]) -> str:
    if not node.nodes:
        return ""
    more = f'<p><a class="quiet" href="{safe(node.more.href)}">{safe(node.more.label)}</a></p>' if node.more else ""
    return f'<div class="below"><ul class="nodes">{ui_nodes(node.nodes, columns)}</ul>{more}</div>'


def _items(column: Column, values: Sequence[object]) -> list[str]:
    """One fact about each record; nothing where the value is empty."""
    opening = f'<span><span class="for-readers">{safe(column.label)}:</span> '
    return ["" if html is NONE else f"{opening}{html}</span>" for html in values_of(column, values)]
