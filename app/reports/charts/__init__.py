"""Charts as SVG that the server draws: no script, no inline style; lengths across are percentages, so that texts keep
their size on every screen; for right-to-left pages everything is mirrored.
"""

from app.reports.charts.drawing import Chart
from app.reports.charts.kinds import draw, usual_chart

__all__ = ["Chart", "draw", "usual_chart"]
