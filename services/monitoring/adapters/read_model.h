#pragma once

#include "lienthong/monitoring/v1/read_model.pb.h"
#include "monitoring/core/dossier.h"
#include "monitoring/core/reconciliation.h"
#include "platform/base/position.h"
#include "platform/base/result.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lienthong::monitoring {

/// What is written together: the fold of a stretch of all ledgers.
struct ReadModelBatch {
  struct Row {
    DossierId id;
    const Dossier* dossier = nullptr;
    /// Of its row: what is written at one time stands together in the file, whatever the ids.
    std::int64_t number = 0;
    bool fresh = false;   ///< Not written before.
    Standstill before{};  ///< As it was written last.
  };
  std::vector<Row> dossiers;
  /// New rows of timelines: an encoded StoredEntries each, under a number no other row of the dossier has.
  struct Entries {
    std::int64_t dossier = 0;  ///< Number of its row.
    std::int64_t number = 0;
    std::string_view bytes;
  };
  std::vector<Entries> entries;
  std::vector<std::pair<LedgerPartition, v1::StoredLane>> lanes;
  Reconciliation::Changes handovers;
};

/// The writing side of the read model: one SQLite file that can be deleted at any time. What was written survives the end of
/// the process; after loss of power the last seconds may be missing, never a part of one write.
/// Thread-safety: one thread at a time.
class ReadModel {
 public:
  /// Creates the file if missing; a file of another version, or one that is no database, is made anew.
  /// Errors: kUnavailable, naming the file.
  static Result<std::unique_ptr<ReadModel>> open(const std::string& path);
  /// Deletes the file, so that the next `open` begins with nothing.
  static void remove(const std::string& path);
  ~ReadModel();
  ReadModel(const ReadModel&) = delete;
  ReadModel& operator=(const ReadModel&) = delete;

  struct Kept {
    std::map<LedgerPartition, v1::StoredLane> lanes;
    std::vector<std::pair<Handover, OpenHandover>> handovers;
  };
  Result<Kept> kept();
  struct Loaded {
    Dossier dossier;
    std::int64_t number = 0;
  };
  Result<std::optional<Loaded>> load(const DossierId& id);
  /// A number that no row has and that was not given before.
  std::int64_t next_number();
  /// All or nothing.
  Result<void> write(const ReadModelBatch& batch);
  /// False once the file was deleted or replaced: then it has to be opened again.
  bool in_place() const;

 private:
  class State;
  explicit ReadModel(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A part of the dossiers that a caller may see: those received by one of these agencies under one of these procedures;
/// an empty list restricts nothing.
struct Scope {
  std::vector<std::string> agencies;
  std::vector<std::string> procedures;
};

struct DossierFilter {
  /// Any of them; empty: nothing may be seen.
  std::vector<Scope> scopes;
  std::string code;  ///< With a `*` at its end: all that begin so.
  std::uint32_t status = 0;
  std::string holder;
  std::string received_by;
  /// Agencies of the tier asked for; nothing: any tier.
  std::optional<std::vector<std::string>> tier_agencies;
  std::optional<DueState> due;
  std::uint32_t channel = 0;
  std::string procedure;
  Instant now;
};

struct StuckFilter {
  std::vector<StuckKind> kinds;
  /// Of each kind, in the same order: only what has stood since before this time.
  std::vector<Instant> until;
};

struct FoundDossier {
  DossierId id;
  Dossier dossier;
};
struct StuckFound {
  StuckKind kind = StuckKind::kParked;
  Instant since;
  FoundDossier found;
};
/// Place of an entry in a list: the page goes on behind it.
struct ListKey {
  std::int64_t score = 0;
  std::uint8_t kind = 0;
  DossierId id;
};

/// The reading side: a few connections, opened again when the file was replaced.
/// Thread-safety: any thread; calls block for the time of a query.
class ReadModelViews {
 public:
  explicit ReadModelViews(std::string path);
  ~ReadModelViews();
  ReadModelViews(const ReadModelViews&) = delete;
  ReadModelViews& operator=(const ReadModelViews&) = delete;

  Result<std::optional<FoundDossier>> find(const DossierId& id);
  Result<std::optional<FoundDossier>> find_code(const std::string& code);
  Result<std::vector<Decision>> decisions(const DossierId& id);
  /// Newest first, one more than `size` when there are more.
  Result<std::vector<FoundDossier>> search(const DossierFilter& filter, const std::optional<ListKey>& after,
                                           std::size_t size);
  Result<std::uint64_t> count(const DossierFilter& filter);
  /// Longest first, one more than `size` when there are more.
  Result<std::vector<StuckFound>> stuck(const StuckFilter& filter, const std::optional<ListKey>& after, std::size_t size);
  Result<std::uint64_t> count(const StuckFilter& filter);
  /// By lane: dossiers with a timer that is due and has not rung.
  Result<std::map<std::pair<LedgerNo, std::uint32_t>, std::uint64_t>> timers_due(Instant now);
  /// Open dossiers by how they stand to their appointment.
  Result<std::map<DueState, std::uint64_t>> open_by_due(Instant now);

 private:
  class Connection;
  class Lease;
  template <class Action>
  auto with(Action action) -> Result<decltype(action(std::declval<Connection&>()))>;

  std::string path_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace lienthong::monitoring
