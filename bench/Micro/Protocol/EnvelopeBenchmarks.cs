using BenchmarkDotNet.Attributes;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Micro.Protocol;

/// <summary>What a publish costs before and after the store: parse, hash, recover, encode, sign.</summary>
[MemoryDiagnoser]
public class EnvelopeBenchmarks
{
    private readonly Secp256k1PrivateKey _key = TestKeys.Key(1);
    private readonly byte[] _hash = new byte[Secp256k1.HashSize];
    private readonly byte[] _signature = new byte[Secp256k1.SignatureSize];
    private byte[] _client = [];
    private byte[] _payer = [];
    private byte[] _sealed = [];

    /// <summary>A group message of 256 bytes in all its layers, signed as on the network.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _client = TestPublishes.ClientEnvelope(new string('x', 256));
        SigningHashes.Payer(TestPublishes.Node, _client, _hash);
        _key.Sign(_hash, _signature);
        _payer = EnvelopeEncoder.Payer(_client, _signature, TestPublishes.Node, retentionDays: 60);
        _sealed = EnvelopeEncoder.Signed(Unsigned(), _signature);
    }

    [Benchmark]
    public bool ParseTopic() => Topic.TryParse(TestPublishes.Group().Bytes.Span, out _);

    [Benchmark]
    public bool ParsePayerEnvelope() => ParsedPayerEnvelope.TryParse(_payer, out _, out _);

    [Benchmark]
    public bool ParseOriginatorEnvelope() => SealedEnvelope.TryParse(_sealed, out _, out _);

    [Benchmark]
    public void HashForPayer() => SigningHashes.Payer(TestPublishes.Node, _client, _hash);

    [Benchmark]
    public bool RecoverPayer() => Secp256k1.TryRecover(_hash, _signature, out _);

    [Benchmark]
    public byte[] EncodeUnsigned() => Unsigned();

    [Benchmark]
    public void Sign() => _key.Sign(_hash, _signature);

    private byte[] Unsigned() => EnvelopeEncoder.Unsigned(
        TestPublishes.Node, new SequenceId(123_456_789), 1_800_000_000_000_000_000, _payer, baseFee: 4_140_100, congestionFee: 0, 1_805_184_000);
}
