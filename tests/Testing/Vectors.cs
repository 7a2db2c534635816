using System.Text.Json;

namespace XmtpOrleans.Testing;

/// <summary>Vector files, copied beside the test assembly. Names are relative to the vector folder, such as <c>identity/inbox-ids.json</c>.</summary>
public static class Vectors
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The full path of a vector file. Fails when there is none of that name.</summary>
    public static string PathOf(string name)
    {
        var path = Path.Combine([AppContext.BaseDirectory, "Vectors", .. name.Split('/')]);
        return File.Exists(path) ? path : throw new FileNotFoundException($"No vector file {name}.", path);
    }

    /// <summary>The root of a JSON vector file.</summary>
    public static JsonElement LoadJson(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(PathOf(name)));
        return document.RootElement.Clone();
    }

    /// <summary>A JSON vector file as <typeparamref name="T"/>, whose properties carry the file's snake_case names in Pascal case.</summary>
    public static T Load<T>(string name) =>
        JsonSerializer.Deserialize<T>(File.ReadAllBytes(PathOf(name)), Options)
            ?? throw new InvalidDataException($"Vector file {name} holds null.");
}
