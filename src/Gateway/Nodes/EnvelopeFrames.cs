using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Feeds;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary>The frames that carry entries on a stream: encoded once, written as bytes to every stream that gets the same entries.</summary>
internal abstract class EnvelopeFrames
{
    private const int EnvelopesField = 1;

    // Beyond this no client could receive the frame (01 §3.3); streams go on without the envelope, as on the reference.
    private const int MaxEnvelopeBytes = RpcOptions.MaxMessageBytes - 64;

    private readonly List<ReadyMessage> _frames = [];
    private readonly int _length;

    private EnvelopeFrames(FeedEntries entries, int nesting, int maxFrameBytes)
    {
        var values = new List<ReadOnlyMemory<byte>>(entries.Count);
        var bytes = 0;
        foreach (var entry in entries.AsSpan())
        {
            if (entry.Bytes.Length > MaxEnvelopeBytes)
            {
                TooLarge++;
                continue;
            }

            if (values.Count > 0 && bytes + entry.Bytes.Length > maxFrameBytes)
            {
                _frames.Add(Wrap(values, nesting));
                (values, bytes) = ([], 0);
            }

            values.Add(entry.Bytes);
            bytes += entry.Bytes.Length;
        }

        if (values.Count > 0) _frames.Add(Wrap(values, nesting));
        _length = _frames.Sum(static frame => frame.Length);
    }

    /// <summary>How many entries no frame can carry.</summary>
    public int TooLarge { get; }

    /// <summary>Writes all frames; whoever calls flushes. More than a part is flushed on the way: thousands of streams that do not read would else
    /// each keep a whole batch in memory.</summary>
    public ValueTask WriteToAsync(RpcStreamWriter writer)
    {
        if (_length > RpcStreamWriter.StreamPart) return SendAllAsync(writer);
        foreach (var frame in _frames)
        {
            writer.Buffer(frame);
        }

        return ValueTask.CompletedTask;
    }

    private async ValueTask SendAllAsync(RpcStreamWriter writer)
    {
        foreach (var frame in _frames)
        {
            await writer.SendAsync(frame);
        }
    }

    private static ReadyMessage Wrap(List<ReadOnlyMemory<byte>> values, int nesting)
    {
        var message = ReadyMessage.RepeatedField(EnvelopesField, values);
        return (nesting == 0 ? message : message.AsField(EnvelopesField)).Framed();
    }

    /// <summary>Frames of <c>SubscribeEnvelopesResponse</c>, which holds the envelopes itself.</summary>
    public sealed class Flat(FeedEntries entries, int maxFrameBytes) : EnvelopeFrames(entries, nesting: 0, maxFrameBytes);

    /// <summary>Frames of <c>SubscribeTopicsResponse</c> and <c>SubscribeOriginatorsResponse</c>, which hold them one message deeper.</summary>
    public sealed class Nested(FeedEntries entries, int maxFrameBytes) : EnvelopeFrames(entries, nesting: 1, maxFrameBytes);
}
