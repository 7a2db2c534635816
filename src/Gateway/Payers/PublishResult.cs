using System.Diagnostics.CodeAnalysis;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>What became of one client envelope: an originator envelope as its node stores it, or a fault.</summary>
internal readonly struct PublishResult
{
    private PublishResult(ReadOnlyMemory<byte> envelope, PublishFault? fault)
    {
        Envelope = envelope;
        Fault = fault;
    }

    public ReadOnlyMemory<byte> Envelope { get; }

    public PublishFault? Fault { get; }

    [MemberNotNullWhen(false, nameof(Fault))]
    public bool IsPublished => Fault is null;

    public static implicit operator PublishResult(ReadOnlyMemory<byte> envelope) => new(envelope, fault: null);

    public static implicit operator PublishResult(PublishFault fault) => new(envelope: default, fault);
}
