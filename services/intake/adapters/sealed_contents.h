#pragma once

#include "intake/adapters/key_store.h"
#include "platform/ports/log.h"
#include "platform/sqlite/blob_store.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

namespace lienthong::intake {

/// Finds ciphertexts by their hash. They stand once, in the leaf that brought them; this reads the ledgers from their
/// beginning and keeps them in a file that can be made anew at any time. It also carries out erasures: the key store gives
/// up the keys that an erasure in intake's ledger names, so that one that was interrupted is finished after the next start.
/// Thread-safety: any thread.
class SealedContents final : public ports::LogSink {
 public:
  struct Settings {
    std::string path;
    /// Ledgers whose sealed parts are wanted; `intake` must be among them.
    std::vector<LedgerPartition> partitions;
    std::size_t recent_bytes_max = std::size_t{32} << 20;
  };
  /// Told what an operator must see (fixed name, detail).
  using Alarm = std::function<void(std::string_view, std::string_view)>;

  /// Errors: kUnavailable, naming the file.
  static Result<std::unique_ptr<SealedContents>> open(Settings settings, ports::LogBackend& log, KeyStore& keys,
                                                      Alarm alarm);
  ~SealedContents() override;
  SealedContents(const SealedContents&) = delete;
  SealedContents& operator=(const SealedContents&) = delete;

  /// Holds what is being written to the ledger, so that it can be read back at once.
  void remember(const Hash& sha256, const std::string& ciphertext);
  /// May block for a small read. Errors: kUnavailable, reason CONTENT_UNAVAILABLE, while the ledger has not been read that
  /// far.
  Result<std::string> find(const Hash& sha256);
  /// Blocks folded so far of that partition; what it waits for in tests.
  std::uint64_t position(const LedgerPartition& partition) const;

  void on_log(ports::LogMessage message) override;

 private:
  struct Reader;
  SealedContents(Settings settings, std::unique_ptr<sqlite::BlobStore> store, KeyStore& keys, Alarm alarm);
  Result<void> load_positions();
  void run(ports::LogBackend& log);
  void take(const ports::Fetched& fetched, std::vector<sqlite::BlobStore::Entry>& out, std::vector<std::string>& erased);
  bool store(std::vector<sqlite::BlobStore::Entry>& entries, std::vector<std::string>& erased);
  void note_folded();

  Settings settings_;
  std::unique_ptr<sqlite::BlobStore> store_;
  KeyStore& keys_;
  Alarm alarm_;
  std::map<LedgerPartition, std::unique_ptr<Reader>> readers_;
  std::vector<Reader*> by_follow_;
  std::mutex recent_mutex_;
  std::deque<Hash> recent_order_;
  std::unordered_map<Hash, std::string> recent_;
  std::size_t recent_bytes_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<ports::LogMessage> inbox_;
  std::chrono::steady_clock::time_point positions_kept_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace lienthong::intake
