namespace XmtpOrleans.Grains.Originators;

/// <summary>What a payer used in one period.</summary>
/// <param name="StartMinute">First minute of the period, counted from the Unix epoch.</param>
/// <param name="SpendPicodollars">Sum of the fees.</param>
/// <param name="Messages">How many messages.</param>
public sealed record UsagePeriod(long StartMinute, long SpendPicodollars, long Messages);
