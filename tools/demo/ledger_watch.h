#pragma once

#include "platform/ledger/fold.h"
#include "platform/ports/log.h"
#include "tools/demo/load.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace lienthong::demo {

/// Reads intake's ledger as it grows, with the fold's own rules for what is effective, so that nothing is asked of the
/// services. Thread-safety: `start` and `stop` from one thread.
class LedgerWatch final : public CompletionWatch, private ports::LogSink {
 public:
  LedgerWatch(ports::LogBackend& log, std::uint32_t partitions)
      : log_(log), partitions_(partitions), heads_(partitions), progress_(partitions) {}
  ~LedgerWatch() override { stop(); }
  LedgerWatch(const LedgerWatch&) = delete;
  LedgerWatch& operator=(const LedgerWatch&) = delete;

  /// Returns when what the ledger holds now has been read, so that the load does not wait for history; at most 60 s.
  void start(std::function<void(const DossierId& dossier)> processed) override;
  void stop() override { attachment_.reset(); }

 private:
  struct Progress {
    Offset next = 0;
    std::optional<Offset> end;
  };
  void note(std::uint32_t partition, std::optional<Offset> next, std::optional<Offset> end);
  void on_log(ports::LogMessage message) override;
  void take(const block::Block& block) const;

  ports::LogBackend& log_;
  std::uint32_t partitions_;
  std::vector<std::optional<ledger::PartitionState>> heads_;
  std::function<void(const DossierId&)> processed_;
  std::mutex mutex_;
  std::condition_variable caught_up_;
  std::vector<Progress> progress_;
  std::unique_ptr<ports::Log> attachment_;
};

}  // namespace lienthong::demo
