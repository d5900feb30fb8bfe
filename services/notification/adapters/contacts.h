#pragma once

#include "platform/base/result.h"
#include "platform/rpc/client.h"
#include "shared_kernel/content.h"

#include <memory>
#include <string>
#include <vector>

namespace lienthong::notification {

/// Whoever is to be told of a dossier; held in memory while one notice is sent, and stored nowhere.
struct Contact {
  std::string full_name;
  std::string email;
  std::string phone;
  bool english = false;
  bool by_proxy = false;           ///< An authorised person, not the applicant.
  std::vector<std::string> texts;  ///< Unsealed, as asked for.
};

/// Thread-safety: any thread; may block for some seconds.
class Contacts {
 public:
  virtual ~Contacts() = default;
  /// `dossier_id` as in the API. Errors: kFailedPrecondition PERSONAL_DATA_ERASED, kNotFound; kUnavailable, a retry helps.
  virtual Result<Contact> find(const std::string& dossier_id, const std::string& purpose,
                               const std::vector<shared_kernel::SealedRef>& texts) = 0;
};

/// Asks intake's ContactService.
class IntakeContacts final : public Contacts {
 public:
  explicit IntakeContacts(std::unique_ptr<rpc::Client> client) : client_(std::move(client)) {}
  Result<Contact> find(const std::string& dossier_id, const std::string& purpose,
                       const std::vector<shared_kernel::SealedRef>& texts) override;

 private:
  std::unique_ptr<rpc::Client> client_;
};

}  // namespace lienthong::notification
