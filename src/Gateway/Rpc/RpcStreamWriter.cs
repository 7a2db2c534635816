using System.IO.Pipelines;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>
/// The messages of a stream on their way to the client. Messages are buffered and leave with the next flush, so a burst costs one flush.
/// One writer at a time.
/// </summary>
internal sealed class RpcStreamWriter
{
    private readonly RpcContext _context;
    private readonly HttpResponse _response;
    private readonly PipeWriter _body;
    private readonly IRpcStreamEncoding _encoding;
    private readonly TimeSpan _stallLimit;
    private readonly TimeProvider _clock;
    private Task? _start;

    internal RpcStreamWriter(RpcContext context, IRpcStreamEncoding encoding, TimeSpan stallLimit, TimeProvider clock)
    {
        _context = context;
        _response = context.Http.Response;
        _body = _response.BodyWriter;
        _encoding = encoding;
        _stallLimit = stallLimit;
        _clock = clock;
    }

    /// <summary>Messages written so far.</summary>
    public long Count { get; private set; }

    /// <summary>Takes a message into the next flush.</summary>
    public void Buffer(ReadyMessage message)
    {
        Start();
        _encoding.Write(message, _body);
        Count++;
    }

    /// <inheritdoc cref="Buffer(ReadyMessage)"/>
    public void Buffer(IMessage message)
    {
        Start();
        _encoding.Write(message, _body);
        Count++;
    }

    /// <summary>
    /// Sends what is buffered, and the response headers with the first call. Returns when there is room for more; until then nothing may be
    /// buffered. Throws a refusal (<c>Aborted</c>) when the client reads nothing for the configured time, and cancellation when the call ends.
    /// </summary>
    public ValueTask FlushAsync()
    {
        Start();
        if (!_start!.IsCompletedSuccessfully) return StartThenFlushAsync();

        // No token: cancelling a flush of Kestrel's resets the stream, and then no status would reach the client.
        var flush = _body.FlushAsync(CancellationToken.None);
        if (!flush.IsCompletedSuccessfully) return AwaitAsync(flush.AsTask());

        Check(flush.GetAwaiter().GetResult());
        return ValueTask.CompletedTask;
    }

    /// <summary>Buffers one message and flushes.</summary>
    public ValueTask WriteAsync(ReadyMessage message)
    {
        Buffer(message);
        return FlushAsync();
    }

    /// <inheritdoc cref="WriteAsync(ReadyMessage)"/>
    public ValueTask WriteAsync(IMessage message)
    {
        Buffer(message);
        return FlushAsync();
    }

    private void Start() => _start ??= _response.HasStarted ? Task.CompletedTask : _response.StartAsync(CancellationToken.None);

    private async ValueTask StartThenFlushAsync()
    {
        await _start!;
        await FlushAsync();
    }

    private async ValueTask AwaitAsync(Task<FlushResult> flush)
    {
        try
        {
            Check(await flush.WaitAsync(_stallLimit, _clock, _context.CancellationToken));
        }
        catch (TimeoutException)
        {
            throw RpcErrors.Aborted("client reads too slowly");
        }
    }

    private void Check(FlushResult result)
    {
        if (result.IsCompleted || result.IsCanceled || _context.CancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(_context.CancellationToken);
        }
    }
}
