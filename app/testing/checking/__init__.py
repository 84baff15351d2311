"""`tenantry plugin check`: everything a plugin must keep, asked of one plugin, in the tree or outside, as a report."""

from app.testing.checking.contract import CONTRACT
from app.testing.checking.report import Finding, Report, lines_of
from app.testing.checking.running import check_plugin

__all__ = ["CONTRACT", "Finding", "Report", "check_plugin", "lines_of"]
