using System.IO.Compression;
using Grpc.Net.Compression;

namespace XmtpOrleans.Gateway.Rpc.Bodies;

/// <summary>
/// Unpacks gzip requests up to the message limit, so that a small request cannot become a large one. Answers are never packed.
/// </summary>
internal sealed class LimitedGzip : ICompressionProvider
{
    public const string Name = "gzip";

    public string EncodingName => Name;

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        new GZipStream(stream, compressionLevel ?? CompressionLevel.Fastest, leaveOpen: true);

    public Stream CreateDecompressionStream(Stream stream) => new LimitedStream(new GZipStream(stream, CompressionMode.Decompress));

    /// <summary>Unpacks a whole message; throws a refusal when it is damaged or too large.</summary>
    public static byte[] Unpack(Stream packed)
    {
        using var unpacking = new LimitedStream(new GZipStream(packed, CompressionMode.Decompress));
        using var unpacked = new MemoryStream();
        unpacking.CopyTo(unpacked);
        return unpacked.ToArray();
    }

    private sealed class LimitedStream(GZipStream inner) : Stream
    {
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            try
            {
                var read = inner.Read(buffer);
                _read += read;
                return _read <= RpcOptions.MaxMessageBytes ? read : throw RpcErrors.MessageTooLarge(_read);
            }
            catch (InvalidDataException)
            {
                throw RpcErrors.Unparsable("damaged gzip data");
            }
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
