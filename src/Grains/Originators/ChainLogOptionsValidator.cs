using Microsoft.Extensions.Options;

namespace XmtpOrleans.Grains.Originators;

[OptionsValidator]
internal sealed partial class ChainLogOptionsValidator : IValidateOptions<ChainLogOptions>;
