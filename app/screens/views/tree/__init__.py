"""The tree: records below each other, by a relation to their own kind."""

from app.screens.views.tree.page import branch_page, tree_page

__all__ = ["branch_page", "tree_page"]
