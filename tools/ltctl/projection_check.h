#pragma once

#include "platform/ledger/fold.h"
#include "platform/ledger/machine.h"
#include "platform/ports/projection.h"
#include "tools/ltctl/ledger_verify.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lienthong::ltctl {

/// Takes a difference in Vietnamese and in English.
using DifferenceSink = std::function<void(std::string, std::string)>;

/// Compares what a projection stored of one partition with the fold at its watermark (B11).
/// Thread-safety: one thread.
class ProjectionCheck {
 public:
  /// Reads everything at one watermark; while the system works on, it tries again a few times.
  /// Errors: kUnavailable; kFailedPrecondition PROJECTION_MOVES when the watermark never stood still.
  static Result<ProjectionCheck> load(ports::Query& query, const ledger::Machine& machine, const LedgerPartition& partition);

  Offset watermark() const { return meta_ ? meta_->watermark() : 0; }
  /// To be called when the fold has passed all records before the watermark.
  void compare_at_watermark(const ledger::PartitionState& state, const FoldedDossiers& dossiers,
                            const DifferenceSink& differ);
  /// To be called after every later block: values that are newer than the watermark are compared at their own block.
  void compare_newer(std::uint64_t block_seq, const FoldedDossiers& dossiers, const DifferenceSink& differ);
  /// To be called at the end. `has_blocks`: the ledger holds decisions.
  void finish(bool has_blocks, const DifferenceSink& differ);
  const ProjectionReport& report() const { return report_; }

 private:
  explicit ProjectionCheck(const ledger::Machine& machine) : machine_(&machine) {}
  void compare_entries(const DifferenceSink& differ);

  const ledger::Machine* machine_;
  std::optional<ports::v1::PartitionMeta> meta_;
  std::map<DossierId, ports::StoredValue> values_;
  std::map<DossierId, IndexEntries> entries_;
  std::multimap<std::uint64_t, DossierId> newer_;
  bool compared_ = false;
  ProjectionReport report_;
};

}  // namespace lienthong::ltctl
