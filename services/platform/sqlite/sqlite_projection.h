#pragma once

#include "platform/ports/projection.h"

#include <memory>
#include <string>

namespace lienthong::sqlite {

/// The projections of one machine in one SQLite file (WAL, synchronous=NORMAL: a lost suffix is folded again).
/// Lanes are served by one thread, queries by connections of their own; both see whole APPLYs only.
/// Thread-safety: any thread; must outlive its attachments.
class SqliteProjection final : public ports::ProjectionBackend, public ports::Query {
 public:
  /// Errors: kUnavailable when the file can't be opened.
  static Result<std::unique_ptr<SqliteProjection>> open(std::string path);
  ~SqliteProjection() override;

  std::unique_ptr<ports::Projection> attach(ports::ProjectionSink& sink) override;

  Result<ports::IndexPage> page(const ports::IndexQuery& query) override;
  Result<std::uint64_t> count(const LedgerPartition& partition, const std::string& index, const std::string& key) override;
  Result<ports::StoredValue> value(const LedgerPartition& partition, const DossierId& dossier) override;
  Result<std::vector<ports::StoredValue>> all_values(const LedgerPartition& partition) override;
  Result<std::vector<std::pair<DossierId, IndexEntry>>> all_entries(const LedgerPartition& partition) override;
  Result<std::optional<ports::v1::PartitionMeta>> meta(const LedgerPartition& partition) override;

 private:
  class State;
  class Attachment;
  explicit SqliteProjection(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace lienthong::sqlite
