#pragma once

#include "platform/base/instant.h"
#include "platform/base/result.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace lienthong::demo {

/// What the system said it has done. The checker holds the ledgers against these.
struct Acknowledgement {
  std::string service;
  std::uint32_t partition = 0;
  std::string dossier;     ///< As the API names it.
  std::string request_id;  ///< As sent.
  std::uint64_t seq = 0;
  std::uint64_t block_seq = 0;
  Instant start;  ///< First sending.
  Instant end;    ///< Arrival of the answer.
  /// The answer was a repetition: `block_seq` is where it was read, at or behind the block that holds the command.
  bool replayed = false;
};

/// The longest time in which nothing was acknowledged although commands were under way.
struct Silence {
  Instant from;
  Instant until;
  std::uint64_t before = 0;  ///< Acknowledged before it began.
  std::uint64_t across = 0;  ///< Sent before its end and acknowledged after it began.
  std::uint64_t after = 0;   ///< Sent and acknowledged after it.
};

/// A file of acknowledgements, one JSON line each.
/// Thread-safety: any thread.
class AcknowledgementFile {
 public:
  /// Empty path: nothing is written. Errors: kInvalidArgument when the file can't be made.
  static Result<std::unique_ptr<AcknowledgementFile>> open(const std::string& path);
  ~AcknowledgementFile();
  AcknowledgementFile(const AcknowledgementFile&) = delete;
  AcknowledgementFile& operator=(const AcknowledgementFile&) = delete;

  void add(const Acknowledgement& acknowledgement);
  void flush();
  std::uint64_t count() const;
  Silence longest_silence() const;

 private:
  explicit AcknowledgementFile(std::FILE* file) : file_(file) {}
  mutable std::mutex mutex_;
  std::FILE* file_;
  std::vector<std::pair<Instant, Instant>> times_;
};

}  // namespace lienthong::demo
