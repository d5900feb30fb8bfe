#pragma once

#include "platform/ports/projection.h"
#include "platform/redis/connection.h"

#include <memory>

namespace lienthong::redis {

/// Projections in a Redis server with the functions of functions.lua, keys under the tag `{SERVICE:p}`.
/// Each attachment has a thread and a connection of its own, each query takes a connection from a pool. A lost connection is
/// made anew with the next request; a server without the functions gets them.
/// Units: index scores within ±2^53 (the server keeps doubles); index names without a colon.
/// Errors: unreachable server, refused command: ProjectionFailed, in queries kUnavailable.
/// Thread-safety: any thread; must outlive its attachments.
class RedisProjection final : public ports::ProjectionBackend, public ports::Query {
 public:
  explicit RedisProjection(Settings settings);
  ~RedisProjection() override;

  /// Never blocks; connects with the first request.
  std::unique_ptr<ports::Projection> attach(ports::ProjectionSink& sink) override;

  Result<ports::IndexPage> page(const ports::IndexQuery& query) override;
  Result<std::uint64_t> count(const LedgerPartition& partition, const std::string& index, const std::string& key) override;
  Result<ports::StoredValue> value(const LedgerPartition& partition, const DossierId& dossier) override;
  Result<std::vector<ports::StoredValue>> all_values(const LedgerPartition& partition) override;
  Result<std::vector<std::pair<DossierId, IndexEntry>>> all_entries(const LedgerPartition& partition) override;
  Result<std::optional<ports::v1::PartitionMeta>> meta(const LedgerPartition& partition) override;

  /// Start-up interlock: the server answers, has the functions and evicts nothing (`maxmemory-policy noeviction`).
  /// Empty: all is well.
  std::vector<Error> check();

 private:
  class Pool;
  class Attachment;
  Settings settings_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace lienthong::redis
