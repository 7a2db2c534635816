-- Which cluster works on this database, and the newest message version that it spoke. Empty until the first silo of a cluster comes.
ALTER TABLE node
  ADD COLUMN originator_id integer,
  ADD COLUMN cluster_id text,
  ADD COLUMN service_id text,
  ADD COLUMN message_version integer;

-- Counts the changes of a cluster's members: each change names the number it builds on, so that no two overlap.
CREATE TABLE cluster_version (
  cluster_id text PRIMARY KEY,
  version integer NOT NULL
);

CREATE TABLE cluster_member (
  cluster_id text NOT NULL REFERENCES cluster_version,
  address text NOT NULL,
  port integer NOT NULL,
  generation integer NOT NULL,
  silo_name text NOT NULL,
  host_name text NOT NULL,
  status integer NOT NULL,
  client_port integer NOT NULL,
  suspicions text,
  started_at timestamptz NOT NULL,
  alive_at timestamptz NOT NULL,
  PRIMARY KEY (cluster_id, address, port, generation)
);

-- State that grains of Orleans itself keep: who reads which stream. Cleared state keeps its version, so that an old writer is still refused.
CREATE TABLE grain_state (
  service_id text NOT NULL,
  grain_type text NOT NULL,
  key_high bigint NOT NULL,
  key_low bigint NOT NULL,
  key_text text NOT NULL,
  version integer NOT NULL,
  payload bytea,
  PRIMARY KEY (service_id, grain_type, key_high, key_low, key_text)
);

-- The providers of Orleans read their statements from here when they start. Its name, its columns, the keys, the parameters and the columns
-- of the results are theirs; statuses are those of its SiloStatus, of which 3 is active.
CREATE TABLE OrleansQuery (
  QueryKey text PRIMARY KEY,
  QueryText text NOT NULL
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', $q$
WITH made AS (
  INSERT INTO cluster_version (cluster_id, version) VALUES (@DeploymentId, 0) ON CONFLICT DO NOTHING RETURNING version)
SELECT count(*) FROM made
$q$),
('MembershipReadAllKey', $q$
SELECT member.address AS Address, member.port AS Port, member.generation AS Generation, member.silo_name AS SiloName,
  member.host_name AS HostName, member.status AS Status, member.client_port AS ProxyPort, member.suspicions AS SuspectTimes,
  member.started_at AS StartTime, member.alive_at AS IAmAliveTime, cluster.version AS Version
FROM cluster_version AS cluster LEFT JOIN cluster_member AS member USING (cluster_id)
WHERE cluster.cluster_id = @DeploymentId
$q$),
('MembershipReadRowKey', $q$
SELECT member.address AS Address, member.port AS Port, member.generation AS Generation, member.silo_name AS SiloName,
  member.host_name AS HostName, member.status AS Status, member.client_port AS ProxyPort, member.suspicions AS SuspectTimes,
  member.started_at AS StartTime, member.alive_at AS IAmAliveTime, cluster.version AS Version
FROM cluster_version AS cluster LEFT JOIN cluster_member AS member
  ON member.cluster_id = cluster.cluster_id AND member.address = @Address AND member.port = @Port AND member.generation = @Generation
WHERE cluster.cluster_id = @DeploymentId
$q$),
('InsertMembershipKey', $q$
WITH counted AS (
  UPDATE cluster_version SET version = version + 1
  WHERE cluster_id = @DeploymentId AND version = @Version AND NOT EXISTS (
    SELECT FROM cluster_member
    WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
  RETURNING cluster_id),
made AS (
  INSERT INTO cluster_member
    (cluster_id, address, port, generation, silo_name, host_name, status, client_port, started_at, alive_at)
  SELECT cluster_id, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM counted
  RETURNING 1)
SELECT count(*) FROM made
$q$),
('UpdateMembershipKey', $q$
WITH counted AS (
  UPDATE cluster_version SET version = version + 1
  WHERE cluster_id = @DeploymentId AND version = @Version AND EXISTS (
    SELECT FROM cluster_member
    WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
  RETURNING cluster_id),
changed AS (
  UPDATE cluster_member AS member SET status = @Status, suspicions = @SuspectTimes, alive_at = @IAmAliveTime
  FROM counted
  WHERE member.cluster_id = counted.cluster_id AND address = @Address AND port = @Port AND generation = @Generation
  RETURNING 1)
SELECT count(*) FROM changed
$q$),
('UpdateIAmAlivetimeKey', $q$
UPDATE cluster_member SET alive_at = @IAmAliveTime
WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$q$),
('GatewaysQueryKey', $q$
SELECT address AS Address, client_port AS ProxyPort, generation AS Generation FROM cluster_member
WHERE cluster_id = @DeploymentId AND status = @Status AND client_port > 0
$q$),
('DeleteMembershipTableEntriesKey', $q$
WITH gone AS (DELETE FROM cluster_member WHERE cluster_id = @DeploymentId)
DELETE FROM cluster_version WHERE cluster_id = @DeploymentId
$q$),
('CleanupDefunctSiloEntriesKey', $q$
DELETE FROM cluster_member WHERE cluster_id = @DeploymentId AND status <> 3 AND alive_at < @IAmAliveTime
$q$),
('ReadFromStorageKey', $q$
SELECT payload AS PayloadBinary, version AS Version FROM grain_state
WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND key_high = @GrainIdN0 AND key_low = @GrainIdN1
  AND key_text = coalesce(@GrainIdExtensionString, '')
$q$),
('WriteToStorageKey', $q$
WITH changed AS (
  UPDATE grain_state SET payload = @PayloadBinary, version = version + 1
  WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND key_high = @GrainIdN0 AND key_low = @GrainIdN1
    AND key_text = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
  RETURNING version),
made AS (
  INSERT INTO grain_state (service_id, grain_type, key_high, key_low, key_text, version, payload)
  SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), 1, @PayloadBinary
  WHERE @GrainStateVersion IS NULL
  ON CONFLICT DO NOTHING RETURNING version)
SELECT version AS NewGrainStateVersion FROM changed UNION ALL SELECT version FROM made
$q$),
('ClearStorageKey', $q$
UPDATE grain_state SET payload = NULL, version = version + 1
WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND key_high = @GrainIdN0 AND key_low = @GrainIdN1
  AND key_text = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
RETURNING version AS NewGrainStateVersion
$q$),
('DeleteStorageKey', $q$
DELETE FROM grain_state
WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND key_high = @GrainIdN0 AND key_low = @GrainIdN1
  AND key_text = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
RETURNING version + 1 AS NewGrainStateVersion
$q$);
