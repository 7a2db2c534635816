namespace XmtpOrleans.Protocol.Envelopes;

/// <summary>
/// Which rules of <see cref="Admission"/> hold. All do by default: a network that real clients live on needs every one of them. Load
/// generators file made-up payloads under made-up topics, and switch off what they break.
/// </summary>
public sealed record AdmissionOptions
{
    /// <summary>The identifier of a group topic has 16 bytes, of every other topic of clients 32. Default true.</summary>
    public bool RequireIdentifierLengths { get; init; } = true;

    /// <summary>The identifier is the one inside the payload: group id, installation key or inbox id. Default true.</summary>
    public bool RequireTopicOfPayload { get; init; } = true;

    /// <summary>A group message is a whole private message; otherwise its head is enough, and it may be public. Default true.</summary>
    public bool RequirePrivateMessages { get; init; } = true;

    /// <summary>A welcome has its fields, and a wrapper algorithm that clients know. Default true.</summary>
    public bool RequireKnownWelcomes { get; init; } = true;

    /// <summary>A key package is valid at the time of judgement; otherwise it is not looked at. Default true.</summary>
    public bool RequireValidKeyPackages { get; init; } = true;
}
