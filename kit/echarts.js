// The kinds of charts that reports draw, as SVG.
import { BarChart, FunnelChart, LineChart, PieChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([BarChart, FunnelChart, LineChart, PieChart, GridComponent, TooltipComponent, SVGRenderer]);
window.echarts = { init };
