-- What this node is.
CREATE TABLE node (
  node_key INTEGER PRIMARY KEY CHECK (node_key = 1),
  fingerprint_key BLOB NOT NULL,
  probe INTEGER NOT NULL
) STRICT;

-- One row for each log.
CREATE TABLE originator (
  originator_id INTEGER PRIMARY KEY,
  queue_slot INTEGER NOT NULL UNIQUE,
  lease_epoch INTEGER NOT NULL,
  last_sequence_id INTEGER NOT NULL,
  last_ns INTEGER NOT NULL,
  contiguous_mark INTEGER NOT NULL,
  low_water_mark INTEGER NOT NULL
) STRICT;

-- envelope_id is the order of arrival in this file. The signed bytes come last, so that the other columns are read without their overflow pages.
CREATE TABLE envelope (
  envelope_id INTEGER PRIMARY KEY,
  originator_id INTEGER NOT NULL,
  sequence_id INTEGER NOT NULL,
  originator_ns INTEGER NOT NULL,
  arrival_us INTEGER NOT NULL,
  expiry_seconds INTEGER NOT NULL,
  servable INTEGER NOT NULL,
  fingerprint INTEGER NOT NULL,
  payer BLOB,
  topic BLOB NOT NULL,
  signed_bytes BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX envelope_by_sequence ON envelope (originator_id, sequence_id);

-- Readers by topic: only what they may get, with the expiry, so that expired rows are passed without being read.
CREATE INDEX envelope_by_topic ON envelope (topic, originator_id, sequence_id, expiry_seconds) WHERE servable = 1;

CREATE TABLE rejected (
  originator_id INTEGER NOT NULL,
  sequence_id INTEGER NOT NULL,
  reason TEXT NOT NULL,
  signed_bytes BLOB,
  PRIMARY KEY (originator_id, sequence_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE address_log (
  address TEXT NOT NULL,
  inbox_id BLOB NOT NULL,
  association_sequence_id INTEGER NOT NULL,
  revocation_sequence_id INTEGER NOT NULL,
  PRIMARY KEY (address, inbox_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE unsettled_usage (
  payer BLOB NOT NULL,
  originator_id INTEGER NOT NULL,
  minute INTEGER NOT NULL,
  spend_picodollars INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  last_sequence_id INTEGER NOT NULL,
  PRIMARY KEY (payer, originator_id, minute)
) STRICT, WITHOUT ROWID;

CREATE TABLE congestion (
  originator_id INTEGER NOT NULL,
  minute INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  PRIMARY KEY (originator_id, minute)
) STRICT, WITHOUT ROWID;

CREATE TABLE chain_cursor (
  originator_id INTEGER PRIMARY KEY,
  block INTEGER NOT NULL,
  block_hash BLOB NOT NULL,
  last_event INTEGER NOT NULL
) STRICT;

-- The chain of one machine: every event is its own block.
CREATE TABLE local_chain_event (
  block INTEGER PRIMARY KEY,
  block_time_ns INTEGER NOT NULL,
  contract INTEGER NOT NULL,
  sequence_id INTEGER NOT NULL,
  digest BLOB NOT NULL,
  identifier BLOB NOT NULL,
  payload BLOB NOT NULL,
  UNIQUE (contract, sequence_id)
) STRICT;

CREATE INDEX local_chain_event_by_digest ON local_chain_event (contract, digest, block_time_ns);
