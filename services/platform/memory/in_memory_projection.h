#pragma once

#include "platform/ports/projection.h"

#include <memory>

namespace lienthong::memory {

/// A projection that lives as long as the process. Answers come from one thread of the projection.
/// Thread-safety: any thread; must outlive its attachments.
class InMemoryProjection final : public ports::ProjectionBackend, public ports::Query {
 public:
  InMemoryProjection();
  ~InMemoryProjection() override;

  std::unique_ptr<ports::Projection> attach(ports::ProjectionSink& sink) override;

  Result<ports::IndexPage> page(const ports::IndexQuery& query) override;
  Result<std::uint64_t> count(const LedgerPartition& partition, const std::string& index, const std::string& key) override;
  Result<ports::StoredValue> value(const LedgerPartition& partition, const DossierId& dossier) override;
  Result<std::vector<ports::StoredValue>> all_values(const LedgerPartition& partition) override;
  Result<std::vector<std::pair<DossierId, IndexEntry>>> all_entries(const LedgerPartition& partition) override;
  Result<std::optional<ports::v1::PartitionMeta>> meta(const LedgerPartition& partition) override;

  /// Loses everything, as a wiped store does.
  void wipe();

 private:
  class State;
  class Attachment;
  std::shared_ptr<State> state_;
};

}  // namespace lienthong::memory
