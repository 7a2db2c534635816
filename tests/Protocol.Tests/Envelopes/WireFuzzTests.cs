using Google.Protobuf;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Envelopes;

// How to run more inputs: see FuzzCorpus.
public class WireFuzzTests
{
    private static readonly FuzzCorpus Corpus = new(RecordedEnvelopes.All.Select(recorded => recorded.Bytes));

    [Fact]
    public void TryParse_HostileInputs_GiveWhatTheStockDecoderGives() => Corpus.Run(bytes =>
    {
        if (WireMessage.TryParse<ClientEnvelope>(bytes, out var message))
        {
            Assert.Equal(ClientEnvelope.Parser.ParseFrom(bytes).ToByteString(), message.ToByteString());
        }
    });

    [Fact]
    public void Accepts_HostileInputsThatClientsDecode_AreMessagesToEverybody()
    {
        var shape = WireShape.Of(ClientEnvelope.Descriptor);

        Corpus.Run(bytes =>
        {
            if (shape.Accepts(bytes)) { Assert.True(WireMessage.TryParse<ClientEnvelope>(bytes, out _)); }
        });
    }
}
