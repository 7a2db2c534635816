-- Whose key the silos of the cluster sign with, and when the last one was entered: silos with different keys would each sign a part of one log.
ALTER TABLE node
  ADD COLUMN signer text,
  ADD COLUMN signer_at timestamptz;
