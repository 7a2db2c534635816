using Google.Protobuf;
using Xmtp.Mls.Api.V1;
using Xmtp.Mls.MessageContents;

namespace XmtpOrleans.Protocol.Mls;

/// <summary>What a welcome must have outside its sealed part so that its installation can read it (05 §11).</summary>
internal static class WelcomeRules
{
    private const int InstallationKeyLength = 32;

    /// <summary>Installation (or destination of a shared welcome) that the welcome is for; <see langword="null"/> when it has no variant.</summary>
    public static ByteString? InstallationKey(WelcomeMessageInput welcome) => welcome.VersionCase switch
    {
        WelcomeMessageInput.VersionOneofCase.V1 => welcome.V1.InstallationKey,
        WelcomeMessageInput.VersionOneofCase.WelcomePointer => welcome.WelcomePointer.InstallationKey,
        _ => null,
    };

    /// <summary>The field that is wrong and how; <see langword="null"/> when all is well.</summary>
    public static string? Fault(WelcomeMessageInput welcome) => welcome.VersionCase switch
    {
        WelcomeMessageInput.VersionOneofCase.V1 => Fault(welcome.V1) is { } fault ? $"welcome_message.v1.{fault}" : null,
        WelcomeMessageInput.VersionOneofCase.WelcomePointer =>
            Fault(welcome.WelcomePointer) is { } fault ? $"welcome_message.welcome_pointer.{fault}" : null,
        _ => "welcome_message has neither v1 nor welcome_pointer",
    };

    private static string? Fault(WelcomeMessageInput.Types.V1 welcome)
    {
        var algorithm = welcome.WrapperAlgorithm;
        if (welcome.InstallationKey.Length != InstallationKeyLength) return $"installation_key must have {InstallationKeyLength} bytes";
        if (welcome.Data.IsEmpty) return "data is empty";
        if (algorithm is not (WelcomeWrapperAlgorithm.Curve25519 or WelcomeWrapperAlgorithm.XwingMlkem768Draft6
            or WelcomeWrapperAlgorithm.SymmetricKey))
        {
            return $"wrapper_algorithm {(int)algorithm} is unknown";
        }

        // A shared welcome is sealed with a key that its pointers carry, not to one installation.
        return welcome.HpkePublicKey.IsEmpty && algorithm != WelcomeWrapperAlgorithm.SymmetricKey ? "hpke_public_key is empty" : null;
    }

    private static string? Fault(WelcomeMessageInput.Types.WelcomePointer pointer)
    {
        if (pointer.InstallationKey.Length != InstallationKeyLength) return $"installation_key must have {InstallationKeyLength} bytes";
        if (pointer.WelcomePointer_.IsEmpty) return "welcome_pointer is empty";
        if (pointer.WrapperAlgorithm != WelcomePointerWrapperAlgorithm.XwingMlkem768Draft6)
        {
            return $"wrapper_algorithm {(int)pointer.WrapperAlgorithm} is unknown";
        }

        return pointer.HpkePublicKey.IsEmpty ? "hpke_public_key is empty" : null;
    }
}
