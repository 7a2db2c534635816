namespace XmtpOrleans.Gateway.Rpc.Binding;

/// <summary>A service was bound differently from its definition. A mistake in the program, found when it starts.</summary>
internal sealed class RpcBindingException(string message) : Exception(message);
