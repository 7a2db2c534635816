using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Spectre.Console;

namespace XmtpOrleans.Load.Reports;

/// <summary>Prints a table, and writes the same figures as JSON and as one HTML page with plots.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, IncludeFields = true };

    /// <summary>Prints the runs.</summary>
    public static void Print(IReadOnlyList<RunRecord> runs)
    {
        var table = new Table().RoundedBorder();
        table.AddColumns("run", "per second", "unit", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms", "failed", "generator cores", "server cores", "server µs each", "database cores");
        foreach (var run in runs)
        {
            table.AddRow([
                Markup.Escape(run.Name), Number(run.PerSecond, 0), run.Unit, .. run.LatencyMs.Select(ms => Number(ms, 2)),
                run.Failures.ToString(CultureInfo.InvariantCulture), Number(run.GeneratorCores, 2), Number(run.ServerCores, 2),
                Number(run.ServerMicroseconds, 1), Number(run.DatabaseCores, 2),
            ]);
        }

        // A pipe has no width: without this the table is folded to 80 columns.
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 200;
        AnsiConsole.Write(table);
    }

    /// <summary>Writes <c>name.json</c> and <c>name.html</c> into a folder.</summary>
    public static async Task WriteAsync(string folder, string name, string command, IReadOnlyList<RunRecord> runs)
    {
        Directory.CreateDirectory(folder);
        var facts = new
        {
            Command = command,
            Machine = $"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}",
            Runs = runs,
        };
        await File.WriteAllTextAsync(Path.Combine(folder, name + ".json"), JsonSerializer.Serialize(facts, Json));
        await File.WriteAllTextAsync(Path.Combine(folder, name + ".html"), Html(name, command, facts.Machine, runs));
        AnsiConsole.MarkupLineInterpolated($"[grey]{Path.Combine(folder, name)}.html[/]");
    }

    private static string Html(string name, string command, string machine, IReadOnlyList<RunRecord> runs)
    {
        var html = new StringBuilder();
        html.Append($"<!doctype html><meta charset=\"utf-8\"><title>{WebUtility.HtmlEncode(name)}</title>");
        html.Append("<style>body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:2rem auto;padding:0 1rem}");
        html.Append("table{border-collapse:collapse;width:100%}td,th{padding:.3rem .6rem;border-bottom:1px solid #ddd;text-align:right}");
        html.Append("td:first-child,th:first-child{text-align:left}code{background:#f4f4f4;padding:.1rem .3rem}svg{max-width:100%;height:auto}</style>");
        html.Append($"<h1>{WebUtility.HtmlEncode(name)}</h1><p><code>{WebUtility.HtmlEncode(command)}</code><br>{WebUtility.HtmlEncode(machine)}</p>");
        html.Append("<table><tr><th>run<th>per second<th>unit<th>p50 ms<th>p90 ms<th>p99 ms<th>p99.9 ms<th>max ms<th>failed<th>generator cores<th>server cores<th>server µs each<th>database cores</tr>");
        foreach (var run in runs)
        {
            html.Append($"<tr><td>{WebUtility.HtmlEncode(run.Name)}<td>{Number(run.PerSecond, 0)}<td>{run.Unit}");
            html.AppendJoin(string.Empty, run.LatencyMs.Select(ms => $"<td>{Number(ms, 2)}"));
            html.Append($"<td>{run.Failures}<td>{Number(run.GeneratorCores, 2)}<td>{Number(run.ServerCores, 2)}");
            html.Append($"<td>{Number(run.ServerMicroseconds, 1)}<td>{Number(run.DatabaseCores, 2)}</tr>");
        }

        html.Append("</table>").Append(Plots.Throughput(runs)).Append(Plots.Latency(runs));
        return html.ToString();
    }

    private static string Number(double value, int digits) => value.ToString("N" + digits, CultureInfo.InvariantCulture);
}
