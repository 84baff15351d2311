"""The board: cards in lanes, by a choice or by a relation; moving a card saves that one field."""

from app.screens.views.board.moving import move_card
from app.screens.views.board.page import board_page, lane_page, totals

__all__ = ["board_page", "lane_page", "move_card", "totals"]
