using XmtpOrleans.Silo.Dev;

namespace XmtpOrleans.Silo.Tests;

public sealed class KeyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("xmtp-keys-").FullName;

    private string Key => Path.Combine(_folder, "node.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ReadOrCreate_NoFile_MakesAKeyThatIsReadAgain()
    {
        var made = KeyFile.ReadOrCreate(Key);
        Assert.Equal(made.Address, KeyFile.ReadOrCreate(Key).Address);
    }

    [Fact]
    public void ReadOrCreate_NoFile_OnlyItsOwnerMayReadIt()
    {
        KeyFile.ReadOrCreate(Key);
        if (OperatingSystem.IsWindows()) Assert.Skip("file modes are Unix's");
        else Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a key")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    public void ReadOrCreate_FileHoldsNoKey_SaysWhichAndKeepsIt(string text)
    {
        File.WriteAllText(Key, text);
        var failure = Assert.Throws<StartException>(() => KeyFile.ReadOrCreate(Key));
        Assert.StartsWith(Key, failure.Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(Key));
    }
}
