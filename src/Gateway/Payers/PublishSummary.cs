using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>What a request would cost its payer.</summary>
/// <param name="Envelopes">Envelopes in the request.</param>
/// <param name="ChainEnvelopes">How many of them go to the chain.</param>
/// <param name="ClientBytes">Their bytes together.</param>
/// <param name="NodeFees">Estimate of what nodes will charge, under the highest congestion; zero while no rates are known.</param>
public sealed record PublishSummary(int Envelopes, int ChainEnvelopes, long ClientBytes, PicoDollars NodeFees);
