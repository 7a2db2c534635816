namespace XmtpOrleans.Protocol.Mls;

/// <summary>A set of 16-bit type numbers in <see cref="Words"/> words its caller provides, cleared.</summary>
/// <remarks>A caller of the network chooses how many types there are, so membership has to cost the same for one and for all of them.</remarks>
internal readonly ref struct TypeSet(Span<ulong> words)
{
    public const int Words = 65_536 / 64;

    private readonly Span<ulong> _words = words;

    /// <summary><see langword="false"/> when the type was in the set already.</summary>
    public bool Add(ushort type)
    {
        ref var word = ref _words[type >> 6];
        var bit = 1UL << (type & 63);
        var isNew = (word & bit) == 0;
        word |= bit;
        return isNew;
    }

    public bool Contains(ushort type) => (_words[type >> 6] & (1UL << (type & 63))) != 0;
}
