#pragma once

#include "lienthong/intake/v1/intake_service.pb.h"
#include "platform/base/result.h"
#include "platform/ports/clock.h"
#include "platform/rpc/client.h"
#include "shared_kernel/api/sealing.h"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace lienthong::agency_processing {

/// What intake keeps of a dossier's content; asked per look, never stored here.
/// Thread-safety: any thread; never blocks. `done` is called exactly once, from any thread.
class IntakeContents {
 public:
  virtual ~IntakeContents() = default;
  using ContentDone = std::function<void(Result<::lienthong::intake::v1::GetContentResponse>)>;
  using KeyDone = std::function<void(Result<shared_kernel::api::ContentKey>)>;
  virtual void content(const ::lienthong::intake::v1::GetContentRequest& request, ContentDone done) = 0;
  /// Key to seal free texts of this dossier with. Errors: kFailedPrecondition PERSONAL_DATA_ERASED, kUnavailable.
  virtual void key(const std::string& dossier_id, KeyDone done) = 0;
};

/// Asks intake's ContentService and KeyService; keys are held in memory for a minute.
class RpcIntakeContents final : public IntakeContents {
 public:
  /// `clock` must outlive it.
  RpcIntakeContents(std::shared_ptr<rpc::Client> client, const ports::Clock& clock)
      : clock_(clock), client_(std::move(client)) {}
  void content(const ::lienthong::intake::v1::GetContentRequest& request, ContentDone done) override;
  void key(const std::string& dossier_id, KeyDone done) override;

 private:
  struct Held {
    shared_kernel::api::ContentKey key;
    Instant until;
  };
  const ports::Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, Held> held_;
  // Goes first: its open calls still write into what stands above.
  std::shared_ptr<rpc::Client> client_;
};

}  // namespace lienthong::agency_processing
