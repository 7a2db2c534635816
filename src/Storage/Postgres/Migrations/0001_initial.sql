-- What this node is.
CREATE TABLE node (
  node_key integer PRIMARY KEY CHECK (node_key = 1),
  fingerprint_key bytea NOT NULL,
  probe bigint NOT NULL
);

-- One row for each log. A commit locks it and never changes it: a row that changes with every commit leaves a version each time, and while
-- somebody holds an old snapshot (a backup) no version goes away and every later commit walks past all of them.
CREATE TABLE originator (
  originator_id integer PRIMARY KEY,
  queue_slot integer NOT NULL UNIQUE,
  lease_epoch bigint NOT NULL,
  low_water_mark bigint NOT NULL
);

-- One row for each commit; the newest of a log is where it stands, older ones are removed now and then. No two commits follow the same one.
CREATE TABLE mark (
  originator_id integer NOT NULL,
  previous_sequence_id bigint NOT NULL,
  last_sequence_id bigint NOT NULL,
  last_ns bigint NOT NULL,
  contiguous_mark bigint NOT NULL,
  CONSTRAINT mark_follows_once PRIMARY KEY (originator_id, previous_sequence_id)
);

-- What reads decide by. Never partitioned by sequence: finding the newest row of a topic would have to look into every part.
CREATE TABLE envelope (
  originator_id integer NOT NULL,
  sequence_id bigint NOT NULL,
  originator_ns bigint NOT NULL,
  arrival_us bigint NOT NULL,
  expiry_seconds bigint NOT NULL,
  fingerprint bigint NOT NULL,
  servable boolean NOT NULL,
  payer bytea,
  topic bytea NOT NULL,
  PRIMARY KEY (originator_id, sequence_id)
);

CREATE INDEX envelope_by_topic ON envelope (topic, originator_id, sequence_id) INCLUDE (expiry_seconds) WHERE servable;

-- What readers get, whole, so that a log is read without a join. In bands of a log's positions, so that a band is dropped at once.
CREATE TABLE envelope_body (
  originator_id integer NOT NULL,
  sequence_id bigint NOT NULL,
  originator_ns bigint NOT NULL,
  arrival_us bigint NOT NULL,
  expiry_seconds bigint NOT NULL,
  servable boolean NOT NULL,
  topic bytea NOT NULL,
  signed_bytes bytea NOT NULL,
  PRIMARY KEY (originator_id, sequence_id)
) PARTITION BY RANGE (originator_id, sequence_id);

-- Signed and encrypted bytes do not get smaller.
ALTER TABLE envelope_body ALTER COLUMN signed_bytes SET STORAGE EXTERNAL;

-- Makes a band when it is missing. Attaching a checked table neither scans it nor stops readers and writers of the others.
CREATE FUNCTION ensure_envelope_band(originator integer, band bigint, size bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  name text := format('envelope_body_o%s_b%s', originator, band);
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(current_schema() || '.envelope_body', 0));
  -- Not to_regclass: its cache may not have heard yet of what another session made while this one waited.
  IF EXISTS (SELECT FROM pg_class WHERE relname = name AND relnamespace = current_schema()::regnamespace) THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE envelope_body INCLUDING ALL)', name);
  EXECUTE format('ALTER TABLE %I ADD CONSTRAINT band CHECK (originator_id = %s AND sequence_id >= %s AND sequence_id < %s)',
    name, originator, band * size, (band + 1) * size);
  EXECUTE format('ALTER TABLE envelope_body ATTACH PARTITION %I FOR VALUES FROM (%s, %s) TO (%s, %s)',
    name, originator, band * size, originator, (band + 1) * size);
  EXECUTE format('ALTER TABLE %I DROP CONSTRAINT band', name);
END
$$;

CREATE TABLE rejected (
  originator_id integer NOT NULL,
  sequence_id bigint NOT NULL,
  reason text NOT NULL,
  signed_bytes bytea,
  PRIMARY KEY (originator_id, sequence_id)
);

CREATE TABLE address_log (
  address text NOT NULL,
  inbox_id bytea NOT NULL,
  association_sequence_id bigint NOT NULL,
  revocation_sequence_id bigint NOT NULL,
  PRIMARY KEY (address, inbox_id)
);

-- Each commit adds rows of its own, for the reason told at originator; those of a minute that is over are folded into one.
CREATE TABLE unsettled_usage (
  payer bytea NOT NULL,
  originator_id integer NOT NULL,
  minute bigint NOT NULL,
  last_sequence_id bigint NOT NULL,
  spend_picodollars bigint NOT NULL,
  messages bigint NOT NULL,
  PRIMARY KEY (payer, originator_id, minute, last_sequence_id)
);

CREATE INDEX unsettled_usage_by_minute ON unsettled_usage (originator_id, minute);

-- As unsettled_usage.
CREATE TABLE congestion (
  originator_id integer NOT NULL,
  minute bigint NOT NULL,
  last_sequence_id bigint NOT NULL,
  messages bigint NOT NULL,
  PRIMARY KEY (originator_id, minute, last_sequence_id)
);

CREATE TABLE chain_cursor (
  originator_id integer PRIMARY KEY,
  block bigint NOT NULL,
  block_hash bytea NOT NULL,
  last_event bigint NOT NULL
);

-- The chain of one machine: every event is its own block.
CREATE TABLE local_chain_event (
  block bigint PRIMARY KEY,
  block_time_ns bigint NOT NULL,
  contract integer NOT NULL,
  sequence_id bigint NOT NULL,
  digest bytea NOT NULL,
  identifier bytea NOT NULL,
  payload bytea NOT NULL,
  UNIQUE (contract, sequence_id)
);

CREATE INDEX local_chain_event_by_digest ON local_chain_event (contract, digest, block_time_ns);
