namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Why a call was ended from outside its handler.</summary>
internal enum RpcEnd
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>The client cancelled it or its connection broke.</summary>
    ClientGone,

    /// <summary>The client's deadline passed.</summary>
    DeadlineExceeded,

    /// <summary>The server stops.</summary>
    Drained,
}
