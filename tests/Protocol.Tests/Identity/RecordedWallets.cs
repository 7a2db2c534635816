using System.Text.Json;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Identity;

// Answers wallet checks from recorded chain calls: chains 31337 and 1 exist, everything asked there was recorded at block 100.
internal sealed class RecordedWallets
{
    private readonly Dictionary<(string Chain, string Block, string Arguments), JsonElement> _calls =
        Vectors.LoadJson("identity/scw-rpc-for-updates.json").GetProperty("calls").EnumerateArray().ToDictionary(static call => (
            call.GetProperty("chain").GetString()!, call.GetProperty("block").GetString()!, call.GetProperty("constructor_args_hex").GetString()!));

    public HashSet<(string Chain, string Block, string Arguments)> Asked { get; } = [];

    public int Recorded => _calls.Count;

    public WalletVerdict Judge(WalletCheck check)
    {
        if (check.Chain is not ("eip155:31337" or "eip155:1")) return new(WalletVerdictKind.NoVerifier);
        var key = (check.Chain, $"0x{check.BlockNumber:x}", ArgumentsOf(check));
        Asked.Add(key);
        var call = _calls[key];
        if (call.TryGetProperty("error", out var error))
        {
            return new(
                WalletVerdictKind.Reverted,
                $"server returned an error response: error code {error.GetProperty("code").GetInt32()}: {error.GetProperty("message").GetString()}, data: \"{error.GetProperty("data").GetString()}\"");
        }

        return new(call.GetProperty("result").GetString() == "0x01" ? WalletVerdictKind.Valid : WalletVerdictKind.Invalid);
    }

    // abi.encode(address, bytes32, bytes)
    private static string ArgumentsOf(WalletCheck check)
    {
        var signature = Convert.ToHexStringLower(check.Signature.Span);
        return check.Account.ToLowerHex()[2..].PadLeft(64, '0')
            + Convert.ToHexStringLower(check.Hash.Span)
            + "60".PadLeft(64, '0')
            + $"{check.Signature.Length:x}".PadLeft(64, '0')
            + signature.PadRight((signature.Length + 63) / 64 * 64, '0');
    }
}
