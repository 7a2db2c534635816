using ScottPlot;

namespace XmtpOrleans.Load.Reports;

/// <summary>The pictures of a report, as SVG text.</summary>
internal static class Plots
{
    private const int Width = 1040;
    private const int Height = 360;

    /// <summary>What each run did second by second.</summary>
    public static string Throughput(IReadOnlyList<RunRecord> runs)
    {
        using var plot = new Plot();
        foreach (var run in runs)
        {
            var line = plot.Add.Scatter(
                Enumerable.Range(0, run.Timeline.Count).Select(second => (double)second).ToArray(),
                run.Timeline.Select(count => (double)count).ToArray());
            line.LegendText = run.Name;
            line.MarkerSize = 0;
            line.LineWidth = 2;
        }

        plot.Title("Throughput");
        plot.XLabel("second of the run");
        plot.YLabel(string.Join(", ", runs.Select(run => run.Unit).Distinct()) + " a second");
        plot.Axes.SetLimitsY(0, Math.Max(1, runs.SelectMany(run => run.Timeline).DefaultIfEmpty().Max() * 1.1));
        plot.ShowLegend(Alignment.LowerRight);
        return plot.GetSvgXml(Width, Height);
    }

    /// <summary>Latency by share of the calls, from the median out to one in ten thousand.</summary>
    public static string Latency(IReadOnlyList<RunRecord> runs)
    {
        using var plot = new Plot();
        foreach (var run in runs)
        {
            // The axis counts nines: 50 % at 0.3, 99 % at 2, 99.99 % at 4.
            var line = plot.Add.Scatter(
                run.Curve.Select(point => -Math.Log10(1 - point.Share)).ToArray(),
                run.Curve.Select(point => point.Ms).ToArray());
            line.LegendText = run.Name;
            line.MarkerSize = 0;
            line.LineWidth = 2;
        }

        double[] shares = [0.5, 0.9, 0.99, 0.999, 0.9999];
        plot.Axes.Bottom.SetTicks([.. shares.Select(share => -Math.Log10(1 - share))], ["50 %", "90 %", "99 %", "99.9 %", "99.99 %"]);
        plot.Title("Latency");
        plot.XLabel("share of the calls");
        plot.YLabel("ms");
        plot.ShowLegend(Alignment.UpperLeft);
        return plot.GetSvgXml(Width, Height);
    }
}
