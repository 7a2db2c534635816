using Microsoft.Extensions.Options;

namespace XmtpOrleans.Grains.Originators;

[OptionsValidator]
internal sealed partial class PublisherOptionsValidator : IValidateOptions<PublisherOptions>;
