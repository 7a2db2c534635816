using XmtpOrleans.Storage.Tests.Contract;

namespace XmtpOrleans.Storage.Tests.Sqlite;

public sealed class SqliteAppendTests() : AppendContract(new SqliteHarness());

public sealed class SqliteReadTests() : ReadContract(new SqliteHarness());

public sealed class SqliteAccountingTests() : AccountingContract(new SqliteHarness());

public sealed class SqliteAddressLogTests() : AddressLogContract(new SqliteHarness());

public sealed class SqliteLocalChainTests() : LocalChainContract(new SqliteHarness());
