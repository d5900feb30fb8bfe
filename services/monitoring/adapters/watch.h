#pragma once

#include "lienthong/monitoring/v1/monitoring_service.pb.h"
#include "monitoring/adapters/ledger_feed.h"
#include "monitoring/adapters/read_model.h"
#include "platform/rpc/read_pool.h"
#include "platform/rpc/service.h"
#include "shared_kernel/catalogue.h"

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace lienthong::monitoring {

class WatchStream;

struct WatchParts {
  ReadModelViews& views;
  rpc::ReadPool& reads;
  const ports::Clock& clock;
  std::function<std::shared_ptr<const FlowView>()> flow;
  std::function<Result<std::shared_ptr<const shared_kernel::Catalogue>>()> catalogue;
  /// Whether this caller may see this dossier.
  std::function<bool(const rpc::Call&, const FoundDossier&)> may_see;
};

/// All open watches. A stream reads the timeline again when its dossier has changed and its client can take more: nothing is
/// queued for a slow one.
/// Thread-safety: any thread.
class Watches {
 public:
  explicit Watches(WatchParts parts) : parts_(std::move(parts)) {}

  std::shared_ptr<rpc::StreamHandler> open(const rpc::Call& call);
  /// These dossiers have changed; with none, a second has passed.
  void changed(const std::vector<DossierId>& dossiers);
  /// Ends all streams with UNAVAILABLE and takes no new ones. Idempotent.
  void stop();

 private:
  friend class WatchStream;
  void add(const DossierId& dossier, const std::shared_ptr<WatchStream>& stream);
  void remove(const DossierId& dossier, const WatchStream* stream);
  std::vector<std::shared_ptr<WatchStream>> all();

  WatchParts parts_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::unordered_map<DossierId, std::vector<std::shared_ptr<WatchStream>>> streams_;
};

/// Last decision a client has of each service.
using WatchCursor = std::array<std::uint64_t, kLedgers>;
std::string encode_cursor(const WatchCursor& cursor);
/// Errors: kInvalidArgument, reason CURSOR_INVALID.
Result<WatchCursor> decode_cursor(const std::string& bytes);

}  // namespace lienthong::monitoring
