#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/decision.h"
#include "platform/base/position.h"
#include "platform/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lienthong::ledger {

/// What became of a command or a read.
struct Reply {
  /// Set: nothing was done, for this reason. kUnavailable and kResourceExhausted: retry the same request id.
  std::optional<Error> error;
  /// How long to wait before the retry, where one helps.
  Duration retry_after{0};
  /// True when the request id was known and this is what it brought about the first time.
  bool replayed = false;
  /// Decision of this command (for a read: last decision of the dossier); the resource's revision.
  std::uint64_t dossier_seq = 0;
  /// Block the answer was read at.
  std::uint64_t block_seq = 0;
  /// The dossier as it is now; null with `error` or, for a read, when there is none.
  std::shared_ptr<const ::lienthong::ledger::v1::DossierValue> value;
};
/// Called exactly once, from a lane thread or, when nothing was let in, from the asking one; must not block.
using ReplySink = std::function<void(Reply)>;

struct CommandRequest {
  DossierId dossier;
  RequestId request;
  /// crypto::request_digest over the deterministic encoding of the plain request, before sealing.
  Digest digest;
  std::uint32_t digest_key = 0;
  std::string principal;
  std::string actor;
  Instant issued_at;
  /// On the steady clock; later the command is answered DEADLINE_EXCEEDED without being decided. Zero: none.
  Instant deadline;
  std::uint32_t type = 0;
  std::string body;
  std::vector<::lienthong::ledger::v1::SealedPart> sealed;
  /// Dossier revision the client saw; not met: kAborted REVISION_MISMATCH.
  std::optional<std::uint64_t> expected_revision;
  std::string traceparent;
  ReplySink reply;
};

struct ReadRequest {
  DossierId dossier;
  /// Wait (up to 200 ms) until the lane's head has reached this block.
  std::uint64_t min_block_seq = 0;
  /// True: the answer is not older than the request (one question to the log).
  bool strict = false;
  Instant deadline;
  ReplySink reply;
};

/// Operator's word on a parked dossier.
struct ResumeRequest {
  DossierId dossier;
  ::lienthong::ledger::v1::SourceRef ref;
  ::lienthong::ledger::v1::Cause::Resume::Action action = ::lienthong::ledger::v1::Cause::Resume::ACTION_RETRY;
  /// Who says so: `<principal>/<actor>`.
  std::string person;
  std::string reason_code;
  ReplySink reply;
};

/// What the adapters of a service see of its lanes.
/// Thread-safety: any thread; never blocks. A full queue is answered kResourceExhausted, a lane that is not here
/// kUnavailable with reason NOT_OWNER.
class Gateway {
 public:
  virtual ~Gateway() = default;
  virtual std::uint32_t partition_count() const = 0;
  virtual void submit(std::uint32_t partition, CommandRequest request) = 0;
  virtual void read(std::uint32_t partition, ReadRequest request) = 0;
  virtual void resume(std::uint32_t partition, ResumeRequest request) = 0;
};

}  // namespace lienthong::ledger
