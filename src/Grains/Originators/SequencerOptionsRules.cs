using Microsoft.Extensions.Options;

namespace XmtpOrleans.Grains.Originators;

internal sealed class SequencerOptionsRules : IValidateOptions<SequencerOptions>
{
    public ValidateOptionsResult Validate(string? name, SequencerOptions options)
    {
        var failures = new List<string>();
        if (options.FencedPauseMin > options.FencedPauseMax)
        {
            failures.Add($"Sequencer:FencedPauseMin {options.FencedPauseMin} exceeds FencedPauseMax {options.FencedPauseMax}.");
        }

        if (options.DuplicatePreload > options.DuplicateWindow)
        {
            failures.Add($"Sequencer:DuplicatePreload {options.DuplicatePreload} exceeds DuplicateWindow {options.DuplicateWindow}.");
        }

        if (options.MaxBatchEnvelopes > options.MaxOpenEnvelopes)
        {
            failures.Add($"Sequencer:MaxBatchEnvelopes {options.MaxBatchEnvelopes} exceeds MaxOpenEnvelopes {options.MaxOpenEnvelopes}.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
