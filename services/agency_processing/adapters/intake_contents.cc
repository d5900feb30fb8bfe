#include "agency_processing/adapters/intake_contents.h"

namespace lienthong::agency_processing {
namespace {

namespace intake_v1 = ::lienthong::intake::v1;
using shared_kernel::api::ContentKey;

constexpr Duration kCallMax = std::chrono::seconds(5);
constexpr Duration kHoldKeys = std::chrono::minutes(1);
constexpr std::size_t kHeldMax = 10'000;

}  // namespace

void RpcIntakeContents::content(const intake_v1::GetContentRequest& request, ContentDone done) {
  client_->call<intake_v1::GetContentResponse>("/lienthong.intake.v1.ContentService/GetContent", request, kCallMax,
                                               std::move(done));
}

void RpcIntakeContents::key(const std::string& dossier_id, KeyDone done) {
  {
    std::unique_lock lock(mutex_);
    const auto found = held_.find(dossier_id);
    if (found != held_.end() && clock_.steady() < found->second.until) {
      const ContentKey key = found->second.key;
      lock.unlock();
      return done(key);
    }
  }
  intake_v1::GetDossierKeyRequest request;
  request.set_dossier_id(dossier_id);
  client_->call<intake_v1::GetDossierKeyResponse>(
      "/lienthong.intake.v1.KeyService/GetDossierKey", request, kCallMax,
      [this, dossier_id, done = std::move(done)](const Result<intake_v1::GetDossierKeyResponse>& reply) {
        if (!reply) return done(failure(reply.error()));
        const auto raw = crypto::Key::from(reply->key());
        if (!raw) return done(failure(raw.error()));
        const ContentKey key{reply->key_ref(), *raw};
        {
          const std::lock_guard lock(mutex_);
          if (held_.size() >= kHeldMax) held_.clear();
          held_.insert_or_assign(dossier_id, Held{key, clock_.steady() + kHoldKeys});
        }
        done(key);
      });
}

}  // namespace lienthong::agency_processing
