using Microsoft.Extensions.Options;

namespace XmtpOrleans.Grains.Originators;

[OptionsValidator]
internal sealed partial class SequencerOptionsValidator : IValidateOptions<SequencerOptions>;
