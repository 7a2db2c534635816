using XmtpOrleans.Load.Workloads;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Crashes;

/// <summary>The witness itself: it must notice everything that the kill tests say does not happen.</summary>
public sealed class WitnessTests
{
    private readonly Witness _witness = new();
    private readonly GroupMessages _messages = new(TestKeys.Key(1), ClientLoad.Node, topics: 4, messageLength: 200, run: 1);

    [Fact]
    public void Compare_EverythingIsAsItWasTold_FindsNoFault()
    {
        Acknowledge(1, Stored(1));
        _witness.Show("stream", Stored(2));

        _witness.Compare(ClientLoad.Node, [Stored(1), Stored(2), Stored(3)]);

        Assert.Empty(_witness.Faults);
    }

    [Fact]
    public void Compare_AcknowledgedEnvelopeIsGone_IsAFault()
    {
        Acknowledge(2, Stored(2));

        _witness.Compare(ClientLoad.Node, [Stored(1)]);

        Assert.EndsWith("was acknowledged and is lost", Assert.Single(_witness.Faults));
    }

    [Fact]
    public void Compare_ShownEnvelopeIsGone_IsAFault()
    {
        _witness.Show("stream", Stored(2));

        _witness.Compare(ClientLoad.Node, [Stored(1)]);

        Assert.EndsWith("was shown and is lost", Assert.Single(_witness.Faults));
    }

    [Fact]
    public void Compare_OtherBytesAtAPlace_IsAFault()
    {
        _witness.Show("stream", Stored(1));

        _witness.Compare(ClientLoad.Node, [Stored(1, timeNs: 7)]);

        Assert.EndsWith("was shown with two contents", Assert.Single(_witness.Faults));
    }

    [Fact]
    public void Compare_SamePublishStoredTwice_IsAFault()
    {
        _witness.Compare(ClientLoad.Node, [Stored(1), Stored(2, message: 1)]);

        Assert.EndsWith("is stored twice", Assert.Single(_witness.Faults));
    }

    [Fact]
    public void Compare_TimeDoesNotRise_IsAFault()
    {
        _witness.Compare(ClientLoad.Node, [Stored(1), Stored(2, timeNs: 1_000)]);

        Assert.EndsWith("is not later than the one before", Assert.Single(_witness.Faults));
    }

    [Fact]
    public void Compare_PositionIsMissing_IsAFault()
    {
        _witness.Compare(ClientLoad.Node, [Stored(1), Stored(3)]);

        Assert.Single(_witness.Faults);
    }

    [Fact]
    public void Acknowledge_AnswerToAnotherPublish_IsAFault()
    {
        Acknowledge(2, Stored(1));

        Assert.EndsWith("answers another publish", Assert.Single(_witness.Faults));
    }

    private void Acknowledge(ulong message, byte[] answer) => _witness.Acknowledge([ClientEnvelope(message)], [answer]);

    private byte[] ClientEnvelope(ulong message) =>
        ParsedPayerEnvelope.TryParse(_messages.PayerEnvelope(0, message), out var payer, out _) ? payer.Client.Bytes.ToArray() : [];

    private byte[] Stored(ulong sequence, ulong? message = null, long? timeNs = null)
    {
        var payerEnvelope = _messages.PayerEnvelope(0, message ?? sequence);
        var unsigned = EnvelopeEncoder.Unsigned(
            ClientLoad.Node, new SequenceId(sequence), timeNs ?? (long)sequence * 1_000, payerEnvelope, baseFee: 1, congestionFee: 0, expiryUnixTime: 1);
        return EnvelopeEncoder.Signed(unsigned, new byte[Secp256k1.SignatureSize]);
    }
}
