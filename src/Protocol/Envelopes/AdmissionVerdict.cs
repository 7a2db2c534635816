namespace XmtpOrleans.Protocol.Envelopes;

/// <summary>What <see cref="Admission"/> says of an envelope: where it goes, or which rule it breaks and how.</summary>
/// <param name="Rule">The rule that is broken.</param>
/// <param name="Reason">How, naming the field; empty when admitted.</param>
/// <param name="Route">Where it goes; means nothing when refused.</param>
public readonly record struct AdmissionVerdict(AdmissionRule Rule, string Reason, PublishRoute Route)
{
    /// <summary>Whether no rule is broken.</summary>
    public bool IsAdmitted => Rule == AdmissionRule.None;

    /// <summary>The refusal in the network's words (02 §7.1), for a status of <c>InvalidArgument</c>.</summary>
    /// <param name="index">Which envelope of the request it is.</param>
    public string Describe(int index) => Rule switch
    {
        AdmissionRule.None => string.Empty,
        AdmissionRule.ReservedTopic or AdmissionRule.IdentityUpdateThroughChain => $"{Reason}. index {index}",
        AdmissionRule.GroupMessage or AdmissionRule.GroupMessageThroughChain =>
            $"could not validate group message. index {index}: invalid_argument: {Reason}",
        AdmissionRule.KeyPackage => $"could not validate key package. index {index}: invalid_argument: {Reason}",
        _ => $"could not validate envelope. index {index}: invalid_argument: {Reason}",
    };

    internal static AdmissionVerdict Admitted(PublishRoute route) => new(AdmissionRule.None, string.Empty, route);

    internal static AdmissionVerdict Refused(AdmissionRule rule, string reason) => new(rule, reason, default);
}
