using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Storage.Tests.Contract;

/// <summary>Payers, wallets and inboxes by number.</summary>
internal static class Accounts
{
    public static EthereumAddress Payer(int number)
    {
        var bytes = new byte[EthereumAddress.Size];
        BitConverter.TryWriteBytes(bytes, number);
        return EthereumAddress.FromBytes(bytes);
    }

    public static string Wallet(int number) => Payer(number).ToLowerHex();

    public static InboxId Inbox(int number)
    {
        var bytes = new byte[InboxId.Size];
        BitConverter.TryWriteBytes(bytes, number);
        return InboxId.FromBytes(bytes);
    }
}
