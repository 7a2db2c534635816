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
    /// <summary>What Kestrel keeps of a response before a flush waits for the client, in bytes. With the part that is written on top of it, it is
    /// what a stream that nobody reads holds.</summary>
    public const int ResponseBuffer = 4 * 1024;

    /// <summary>Bytes of a stream that are written without a flush.</summary>
    public const int StreamPart = 4 * 1024;

    // Answers beyond this are sent in parts of it; how many bytes of them there may be is limited for all together.
    private const int AnswerPart = 64 * 1024;

    private static readonly TimeSpan UnaryStallLimit = TimeSpan.FromSeconds(15);

    private readonly RpcContext _context;
    private readonly HttpResponse _response;
    private readonly PipeWriter _body;
    private readonly IRpcStreamEncoding _encoding;
    private readonly RpcServer _server;
    private readonly TimeSpan _stallLimit;
    private Task? _start;
    private int _buffered;

    internal RpcStreamWriter(RpcContext context, IRpcStreamEncoding encoding, RpcServer server)
    {
        _context = context;
        _response = context.Http.Response;
        _body = _response.BodyWriter;
        _encoding = encoding;
        _server = server;
        _stallLimit = server.Options.StalledStreamTimeout;
        if (!context.Method.IsStream && _stallLimit > UnaryStallLimit) _stallLimit = UnaryStallLimit;
    }

    /// <summary>Takes a message into the next flush.</summary>
    public void Buffer(ReadyMessage message)
    {
        Start();
        _encoding.Write(message, _body);
        _buffered++;
    }

    /// <inheritdoc cref="Buffer(ReadyMessage)"/>
    public void Buffer(IMessage message)
    {
        Start();
        _encoding.Write(message, _body);
        _buffered++;
    }

    /// <summary>
    /// Sends what is buffered, and the response headers with the first call. Returns when there is room for more; until then nothing may be
    /// buffered. Throws a refusal (<c>Aborted</c>) when the client reads nothing for the configured time, and cancellation when the
    /// call ends.
    /// </summary>
    public ValueTask FlushAsync()
    {
        Start();
        if (!_start!.IsCompletedSuccessfully) return StartThenFlushAsync();

        if (_buffered > 0) _context.Method.Counts.Send(_buffered);
        _buffered = 0;

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

    /// <summary>Sends one message of any size, a large one part by part: only a part of it waits in Kestrel for a client that does not read. Throws a
    /// refusal when a copy has to be made of it and there are too many.</summary>
    public async ValueTask SendAsync(ReadyMessage message)
    {
        if (message.Length <= StreamPart)
        {
            await WriteAsync(message);
            return;
        }

        var frame = _encoding.Encode(message);
        if (frame == message) await SendFrameAsync(frame, StreamPart);
        else await HoldAndSendAsync(frame, StreamPart);
    }

    /// <summary>Whether a response is sent in parts, so that it does not wait in memory for a client that does not read.</summary>
    internal static bool IsLarge(ReadyMessage message) => message.Length > AnswerPart;

    /// <summary>
    /// Sends one large response part by part. Throws a refusal when it is too large, or when too many clients read slowly.
    /// </summary>
    internal async ValueTask WriteLargeAsync(ReadyMessage message, bool framed)
    {
        if (message.Length > RpcOptions.MaxMessageBytes) throw RpcErrors.MessageTooLarge(message.Length);
        await HoldAndSendAsync(message, AnswerPart, framed);
    }

    private async ValueTask HoldAndSendAsync(ReadyMessage message, int part, bool framed = true)
    {
        if (!_server.SlowReaders.Held.TryTake(message.Length)) throw RpcErrors.Unavailable("server is busy with large answers");
        try
        {
            await SendFrameAsync(message, part, framed);
        }
        finally
        {
            _server.SlowReaders.Held.Give(message.Length);
        }
    }

    private async ValueTask SendFrameAsync(ReadyMessage message, int part, bool framed = true)
    {
        Start();
        if (_context.Method.IsStream) _buffered++;
        if (framed) ReadyMessage.WriteFrameHeader(_body, message.Length);
        var position = 0;
        while (message.WritePartTo(_body, ref position, part)) await FlushAsync();
        await FlushAsync();
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
            Check(await flush.WaitAsync(_stallLimit, _server.Clock, _context.CancellationToken));
        }
        catch (TimeoutException)
        {
            _server.SlowReaders.ResetLater(_context.Http);
            throw RpcErrors.Aborted("client reads too slowly");
        }
    }

    private void Check(FlushResult result)
    {
        _context.CancellationToken.ThrowIfCancellationRequested();

        // A flush may notice that the client is gone before the call's token fires.
        if (result.IsCompleted || result.IsCanceled) throw RpcErrors.ToStatus(RpcEnd.ClientGone);
    }
}
