using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace XmtpOrleans.Gateway.Rpc.Bodies;

/// <summary>
/// The body under the base64 of gRPC-Web text. That decoder leaves a read open when the text is damaged, and Kestrel then logs an error
/// of its own and closes the connection; so the read can be finished here.
/// </summary>
internal sealed class AbandonableBody(PipeReader inner) : PipeReader, IRequestBodyPipeFeature
{
    private ReadOnlySequence<byte>? _open;

    PipeReader IRequestBodyPipeFeature.Reader => this;

    /// <summary>Finishes a read that nobody finished.</summary>
    public void Abandon()
    {
        if (_open is { } buffer) AdvanceTo(buffer.End);
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await inner.ReadAsync(cancellationToken);
        _open = result.Buffer;
        return result;
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result)) return false;

        _open = result.Buffer;
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _open = null;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);
}
