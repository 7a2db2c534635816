using XmtpOrleans.Storage.Tests.Contract;

namespace XmtpOrleans.Storage.Tests.Fake;

// What grains are tested with keeps the contract that they run on.
public sealed class FakeAppendTests() : AppendContract(new FakeHarness());

public sealed class FakeReadTests() : ReadContract(new FakeHarness());

public sealed class FakeAccountingTests() : AccountingContract(new FakeHarness());

public sealed class FakeAddressLogTests() : AddressLogContract(new FakeHarness());
