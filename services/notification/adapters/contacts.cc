#include "notification/adapters/contacts.h"

#include "lienthong/intake/v1/intake_service.pb.h"
#include "shared_kernel/adapters/values_codec.h"

#include <chrono>
#include <future>
#include <utility>

namespace lienthong::notification {
namespace {

namespace intake_v1 = ::lienthong::intake::v1;

constexpr Duration kAnswerMax = std::chrono::seconds(5);

}  // namespace

Result<Contact> IntakeContacts::find(const std::string& dossier_id, const std::string& purpose,
                                     const std::vector<shared_kernel::SealedRef>& texts) {
  intake_v1::GetContactRequest request;
  request.set_dossier_id(dossier_id);
  request.set_purpose(purpose);
  for (const auto& text : texts) shared_kernel::wire::encode(text, *request.add_texts());
  auto promise = std::make_shared<std::promise<Result<Contact>>>();
  auto answer = promise->get_future();
  client_->call<intake_v1::GetContactResponse>("/lienthong.intake.v1.ContactService/GetContact", request, kAnswerMax,
                                               [promise](const Result<intake_v1::GetContactResponse>& reply) {
                                                 if (!reply) return promise->set_value(failure(reply.error()));
                                                 promise->set_value(Contact{reply->full_name(),
                                                                            reply->email(),
                                                                            reply->phone(),
                                                                            reply->english(),
                                                                            reply->by_proxy(),
                                                                            {reply->texts().begin(), reply->texts().end()}});
                                               });
  return answer.get();
}

}  // namespace lienthong::notification
