using XmtpOrleans.Storage.Tests.Contract;

namespace XmtpOrleans.Storage.Tests.Postgres;

public sealed class PostgresAppendTests() : AppendContract(new PostgresHarness());

public sealed class PostgresReadTests() : ReadContract(new PostgresHarness());

public sealed class PostgresAccountingTests() : AccountingContract(new PostgresHarness());

public sealed class PostgresAddressLogTests() : AddressLogContract(new PostgresHarness());

public sealed class PostgresLocalChainTests() : LocalChainContract(new PostgresHarness());
