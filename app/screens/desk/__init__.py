"""The desk: how one person has arranged their work in one tenant. Pinned records, columns of lists, density."""

from app.screens.desk.arrangement import DENSITIES, Arrangement, arrangement, rearranged

__all__ = ["DENSITIES", "Arrangement", "arrangement", "rearranged"]
