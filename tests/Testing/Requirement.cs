using System.Diagnostics.CodeAnalysis;

using Xunit.v3;

namespace XmtpOrleans.Testing;

/// <summary>What a test needs besides the .NET SDK.</summary>
public static class Requirement
{
    /// <summary>Ends the running test: skipped with <paramref name="reason"/>, or failed where <c>CI=true</c> promises that everything is there.</summary>
    [DoesNotReturn]
    public static void Missing(string reason) =>
        throw new InvalidOperationException(
            Environment.GetEnvironmentVariable("CI") == "true" ? reason : DynamicSkipToken.Value + reason);
}
