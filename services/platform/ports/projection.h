#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/decision.h"
#include "platform/base/position.h"
#include "platform/ports/log.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lienthong::ports {

namespace v1 = ::lienthong::ledger::v1;

/// A dossier as the projection stores it. `asof` = block_seq that last changed it; 0 means: not there.
struct StoredValue {
  DossierId dossier;
  std::uint64_t asof = 0;
  std::string bytes;  ///< Encoded v1::DossierValue.
};

/// One dossier's new value with all index entries it shall have from now on; replaces value and entries of before.
struct ValueChange {
  StoredValue value;
  IndexEntries entries;
};

/// Changes of a prefix of the ledger that ends before `meta.watermark()`.
struct ApplyBatch {
  std::vector<ValueChange> changes;
  v1::PartitionMeta meta;
};

struct Opened {
  Ticket ticket = 0;
  std::optional<v1::PartitionMeta> meta;  ///< Nothing: the projection holds nothing of this partition.
};
struct Loaded {
  Ticket ticket = 0;
  std::vector<StoredValue> values;  ///< One per id asked, in order.
};
struct Applied {
  Ticket ticket = 0;
};
/// The projection's watermark is not the expected one (nothing was read or written).
struct Mismatch {
  Ticket ticket = 0;
  Offset actual = 0;  ///< 0: the projection holds nothing of this partition.
};
struct IndexHit {
  std::string key;
  std::int64_t score = 0;
  DossierId dossier;
  std::string suffix;
};
struct Scanned {
  Ticket ticket = 0;
  std::vector<IndexHit> hits;  ///< By score, then dossier.
};
/// The projection can't be reached or answered with an error; what was asked may or may not have been done.
struct ProjectionFailed {
  Ticket ticket = 0;
  std::string detail;
};
using ProjectionMessage = std::variant<Opened, Loaded, Applied, Mismatch, Scanned, ProjectionFailed>;

/// Takes the answers of a projection. Thread-safety: as LogSink.
class ProjectionSink {
 public:
  virtual ~ProjectionSink() = default;
  virtual void on_projection(ProjectionMessage message) = 0;
};

/// The exact fold of a ledger prefix, with query indexes, as one lane sees it (Redis, SQLite, memory, simulated).
/// It may be lost, rolled back or wiped at any time; the watermark tells. Calls return at once and are carried out in order.
/// Thread-safety: one thread at a time per object.
class Projection {
 public:
  virtual ~Projection() = default;
  /// Reads the partition's meta data; answered by Opened.
  virtual void open(const LedgerPartition& partition, Ticket ticket) = 0;
  /// Answered by Loaded or, when the watermark is not `expected`, by Mismatch.
  virtual void load(const LedgerPartition& partition, Offset expected, std::vector<DossierId> ids, Ticket ticket) = 0;
  /// Writes all changes and last the meta data, if the watermark is `expected` (0: nothing is there) and, unless 0, the
  /// genesis is the same; answered by Applied or Mismatch. Idempotent by the watermark.
  virtual void apply(const LedgerPartition& partition, Offset expected, ApplyBatch batch, Ticket ticket) = 0;
  /// The first `limit` entries of all keys of `index` with score <= `until`; answered by Scanned or Mismatch.
  virtual void scan(const LedgerPartition& partition, Offset expected, std::string index, std::int64_t until,
                    std::size_t limit, Ticket ticket) = 0;
  /// Throws away everything of this partition, so that it is built anew; answered by Applied.
  virtual void reset(const LedgerPartition& partition, Ticket ticket) = 0;
};

class ProjectionBackend {
 public:
  virtual ~ProjectionBackend() = default;
  virtual std::unique_ptr<Projection> attach(ProjectionSink& sink) = 0;
};

/// A page of one index list over one partition, for readers outside of the lanes.
struct IndexQuery {
  LedgerPartition partition;
  std::string index;
  std::string key;
  std::int64_t from_score = INT64_MIN;
  std::optional<IndexHit> after = {};  ///< Exclusive; for keyset pages.
  bool descending = false;
  std::size_t limit = 50;
};
struct IndexPage {
  std::vector<IndexHit> hits;
  std::vector<StoredValue> values;  ///< Of the hits, in the same order.
  std::uint64_t total = 0;          ///< Size of the list.
  std::uint64_t head_seq = 0;       ///< Position the page was read at.
};

/// Read side of a projection.
/// Thread-safety: any thread; blocks for at most the configured timeout.
class Query {
 public:
  virtual ~Query() = default;
  /// Errors: kUnavailable (retry helps).
  virtual Result<IndexPage> page(const IndexQuery& query) = 0;
  virtual Result<std::uint64_t> count(const LedgerPartition& partition, const std::string& index,
                                      const std::string& key) = 0;
  /// Value with asof 0 when there is none.
  virtual Result<StoredValue> value(const LedgerPartition& partition, const DossierId& dossier) = 0;
  /// Every stored value in id order (`verify --projection`).
  virtual Result<std::vector<StoredValue>> all_values(const LedgerPartition& partition) = 0;
  /// Every index entry (`verify --projection`), in no particular order.
  virtual Result<std::vector<std::pair<DossierId, IndexEntry>>> all_entries(const LedgerPartition& partition) = 0;
  virtual Result<std::optional<v1::PartitionMeta>> meta(const LedgerPartition& partition) = 0;
};

}  // namespace lienthong::ports
