namespace XmtpOrleans.Silo.Configuration;

/// <summary>The settings of a role and what is wrong with where they come from. What comes later counts: the file, the reference's environment names,
/// the environment by <c>Section__Key</c>, the options of the command.</summary>
internal sealed class RoleSettings
{
    private RoleSettings(IConfigurationRoot values, IReadOnlyList<string> faults, IReadOnlyList<string> unused) =>
        (Values, Faults, Unused) = (values, faults, unused);

    /// <summary>Every setting that was given.</summary>
    public IConfigurationRoot Values { get; }

    /// <summary>What could not be read, one line each.</summary>
    public IReadOnlyList<string> Faults { get; }

    /// <summary>Names of the reference in the environment that say nothing to this program.</summary>
    public IReadOnlyList<string> Unused { get; }

    /// <summary>Reads everything.</summary>
    /// <param name="file">A JSON file, or <see langword="null"/>.</param>
    /// <param name="options">What the command's options say, by setting.</param>
    /// <param name="environment">The process's environment.</param>
    public static RoleSettings Load(string? file, IReadOnlyDictionary<string, string?> options, IReadOnlyDictionary<string, string> environment)
    {
        var reference = XmtpdNames.Read(environment);
        var faults = new List<string>(reference.Faults);
        var builder = new ConfigurationBuilder();
        if (file is not null) AddFile(builder, file, faults);
        builder.AddInMemoryCollection(reference.Settings);
        builder.AddInMemoryCollection(environment
            .Where(static variable => variable.Key.Contains("__", StringComparison.Ordinal))
            .Select(static variable => KeyValuePair.Create(variable.Key.Replace("__", ":", StringComparison.Ordinal), (string?)variable.Value)));
        builder.AddInMemoryCollection(options);
        faults.AddRange(environment.Keys.Where(SettingNames.IsMisspelt).Select(SettingNames.Misspelt));
        faults.AddRange(options.Keys.Where(static key => !SettingNames.IsKnown(key)).Select(static key => $"--set {key}: there is no such setting; correct its name"));
        var given = builder.Build();
        builder.AddInMemoryCollection(SecretFiles.Read(given, faults));
        builder.AddInMemoryCollection(PostgresUrl.Rewrite(builder.Build(), faults));
        return new RoleSettings(builder.Build(), faults, reference.Unused);
    }

    private static void AddFile(ConfigurationBuilder builder, string file, List<string> faults)
    {
        try
        {
            // Read at once: a provider that fails later would fail each use of the configuration.
            var values = new ConfigurationBuilder().AddJsonStream(new MemoryStream(File.ReadAllBytes(file))).Build();
            builder.AddConfiguration(values);
            faults.AddRange(SettingNames.Unknown(values).Select(key => $"--config {file}: there is no setting {key}; correct its name or take it out"));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            faults.Add($"--config {file}: {failure.Message}");
        }
        catch (Exception failure) when (failure is FormatException or System.Text.Json.JsonException)
        {
            faults.Add($"--config {file}: not JSON: {(failure.InnerException ?? failure).Message}");
        }
    }
}
