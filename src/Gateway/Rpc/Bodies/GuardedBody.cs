using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using XmtpOrleans.Gateway.Rpc.Binding;

namespace XmtpOrleans.Gateway.Rpc.Bodies;

/// <summary>
/// The body of a request, checked as it arrives and before anything is allocated for it: length of each message, number of messages,
/// bytes held by all calls together, and the time the one message of a unary or server-stream call may take.
/// </summary>
internal sealed class GuardedBody(PipeReader inner, RequestBodies bodies, RpcContext context, bool framed)
    : PipeReader, IRequestBodyPipeFeature
{
    // Requests up to this size are not worth counting: 250 calls of a connection hold 16 MiB of them.
    private const long SmallRequest = 64 * 1024;

    private readonly long _started = bodies.Now;
    private ReadOnlySequence<byte> _buffer;
    private long _charged;
    private bool _consumed;
    private volatile bool _overdue;

    PipeReader IRequestBodyPipeFeature.Reader => this;

    /// <summary>Neighbours in the list of bodies being waited for; kept by <see cref="RequestBodies"/> under its lock.</summary>
    internal GuardedBody? Previous { get; set; }

    internal GuardedBody? Next { get; set; }

    internal int Stripe { get; set; }

    private bool IsSingle => context.Method.Kind is not RpcMethodKind.Duplex;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ValueTask<ReadResult> read;
        try
        {
            read = inner.ReadAsync(cancellationToken);
        }
        catch (IOException)
        {
            throw ClientGone();
        }

        if (!read.IsCompletedSuccessfully) return AwaitAsync(read);

        var result = read.GetAwaiter().GetResult();
        Inspect(result);
        return new ValueTask<ReadResult>(result);
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result)) return false;

        Inspect(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!consumed.Equals(_buffer.Start))
        {
            _consumed = true;

            // The message of a unary call stays in memory until the call ends; those of a stream are the handler's.
            if (context.Method.IsStream) Release();
        }

        _buffer = default;
        try
        {
            inner.AdvanceTo(consumed, examined);
        }
        catch (IOException)
        {
            throw ClientGone();
        }
        catch (Exception exception) when (IsBadBase64(exception))
        {
            throw InvalidBase64();
        }
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <summary>Gives back what the call held. Called once it has ended.</summary>
    internal void Release()
    {
        if (_charged == 0) return;

        bodies.Held.Give(_charged);
        _charged = 0;
    }

    internal bool IsStartedBefore(long limit) => _started <= limit;

    /// <summary>Ends the wait for a body that takes too long. Called by the sweep, from another thread.</summary>
    internal void CancelOverdue()
    {
        _overdue = true;
        inner.CancelPendingRead();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> AwaitAsync(ValueTask<ReadResult> read)
    {
        ReadResult result;
        if (IsSingle) bodies.Watch(this);
        try
        {
            result = await read;
        }
        catch (IOException)
        {
            throw ClientGone();
        }
        catch (Exception exception) when (IsBadBase64(exception))
        {
            throw InvalidBase64();
        }
        finally
        {
            if (IsSingle) bodies.Unwatch(this);
        }

        Inspect(result);
        return result;
    }

    private void Inspect(in ReadResult result)
    {
        _buffer = result.Buffer;
        try
        {
            if (result.IsCanceled && _overdue) throw RpcErrors.DeadlineExceeded("request did not arrive in time");

            CheckLength(_buffer, result.IsCompleted);
            Charge(_buffer.Length);
        }
        catch (RpcRefusalException refusal)
        {
            Abandon();
            throw context.ToStatus(refusal);
        }
    }

    private void Abandon()
    {
        if (context.RawBody is { } raw) raw.Abandon();
        else inner.AdvanceTo(_buffer.End);
    }

    // The decoder of gRPC-Web text has no exception of its own for text that is no base64, or base64 cut in odd places.
    // A client may leave before its request is read, and before the call's token says so. That is no fault for a log.
    private static RpcException ClientGone() => RpcErrors.ToStatus(RpcEnd.ClientGone);

    private bool IsBadBase64(Exception exception) =>
        context.Protocol is RpcProtocol.GrpcWebText && exception is (InvalidOperationException or ArgumentException);

    private RpcRefusalException InvalidBase64()
    {
        context.RawBody!.Abandon();
        return RpcErrors.Unparsable("invalid base64");
    }

    private void CheckLength(in ReadOnlySequence<byte> buffer, bool isCompleted)
    {
        if (!framed)
        {
            if (buffer.Length > RpcOptions.MaxMessageBytes) throw RpcErrors.MessageTooLarge(buffer.Length);
            return;
        }

        if (IsSingle && _consumed)
        {
            if (!buffer.IsEmpty) throw RpcErrors.InvalidArgument("more than one request message");
            return;
        }

        if (buffer.Length >= ReadyMessage.FrameHeaderLength)
        {
            Span<byte> header = stackalloc byte[ReadyMessage.FrameHeaderLength];
            buffer.Slice(0, ReadyMessage.FrameHeaderLength).CopyTo(header);
            if (header[0] > 1) throw RpcErrors.Unparsable("unknown frame flag");
            if (header[0] == 1 && !WireChecks.IsPacked(context))
            {
                throw RpcErrors.Unparsable("compressed message, but no compression is named");
            }

            long length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
            if (length > RpcOptions.MaxMessageBytes) throw RpcErrors.MessageTooLarge(length);

            var rest = buffer.Length - ReadyMessage.FrameHeaderLength - length;
            if (rest > 0 && IsSingle) throw RpcErrors.InvalidArgument("more than one request message");
            if (rest < 0 && isCompleted) throw RpcErrors.Unparsable("truncated message");
        }
        else if (isCompleted && (IsSingle || !buffer.IsEmpty))
        {
            throw buffer.IsEmpty ? RpcErrors.InvalidArgument("missing request message") : RpcErrors.Unparsable("truncated message");
        }
    }

    private void Charge(long held)
    {
        if (held <= SmallRequest || held <= _charged) return;
        if (!bodies.Held.TryTake(held - _charged)) throw RpcErrors.Unavailable("server is busy with large requests");
        _charged = held;
    }
}
