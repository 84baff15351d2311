"""Charts of reports: what is drawn is decided here, with every figure in words and with its address; `charts.js` hands
it to ECharts. The table of the same figures stands beside every chart.
"""

from app.reports.charts.kinds import MOST_ROWS, draw, usual_chart
from app.reports.charts.picture import Chart

__all__ = ["MOST_ROWS", "Chart", "draw", "usual_chart"]
