using System.Reflection;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Grains.Tests.Hosting;

/// <summary>The store as one silo sees it, over a network that can be cut: then a commit is not heard of any more, and everything else fails.</summary>
public class CutStore : DispatchProxy
{
    private static readonly MethodInfo Fail = typeof(CutStore).GetMethod(nameof(FailedTask), BindingFlags.NonPublic | BindingFlags.Static)!;

    private IEnvelopeStore _store = null!;
    private volatile bool _isCut;

    internal static IEnvelopeStore Over(IEnvelopeStore store)
    {
        var cut = Create<IEnvelopeStore, CutStore>();
        ((CutStore)(object)cut)._store = store;
        return cut;
    }

    internal static void Cut(IEnvelopeStore store, bool isCut) => ((CutStore)(object)store)._isCut = isCut;

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (!_isCut) return targetMethod!.Invoke(_store, args);
        if (targetMethod!.Name == nameof(IEnvelopeStore.AppendAsync)) return new TaskCompletionSource<AppendOutcome>().Task;
        var type = targetMethod.ReturnType;
        if (type == typeof(Task)) return FailedTask<bool>();
        var failed = Fail.MakeGenericMethod(type.GetGenericArguments()).Invoke(null, null);
        return type.GetGenericTypeDefinition() == typeof(ValueTask<>) ? Activator.CreateInstance(type, failed) : failed;
    }

    private static Task<T> FailedTask<T>() => Task.FromException<T>(new StoreException("The store does not answer.", innerException: null, isTransient: true));
}
