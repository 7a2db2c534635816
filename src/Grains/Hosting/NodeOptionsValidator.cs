using Microsoft.Extensions.Options;

namespace XmtpOrleans.Grains.Hosting;

[OptionsValidator]
internal sealed partial class NodeOptionsValidator : IValidateOptions<NodeOptions>;
