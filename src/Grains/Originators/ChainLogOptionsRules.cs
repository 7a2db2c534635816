using Microsoft.Extensions.Options;

namespace XmtpOrleans.Grains.Originators;

internal sealed class ChainLogOptionsRules : IValidateOptions<ChainLogOptions>
{
    public ValidateOptionsResult Validate(string? name, ChainLogOptions options) => options.FencedPauseMin <= options.FencedPauseMax
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail($"ChainLog:FencedPauseMin {options.FencedPauseMin} exceeds FencedPauseMax {options.FencedPauseMax}.");
}
