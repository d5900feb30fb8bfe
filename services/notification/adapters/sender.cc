#include "notification/adapters/sender.h"

#include "notification/adapters/command_codec.h"
#include "notification/adapters/state_codec.h"
#include "notification/core/notice_values.h"
#include "platform/base/encoding.h"
#include "shared_kernel/dossier_id.h"

#include <algorithm>
#include <future>
#include <utility>

namespace lienthong::notification {
namespace {

using shared_kernel::Catalogue;
using shared_kernel::NoticeLanguage;

constexpr Duration kReadMax = std::chrono::seconds(5);
constexpr Duration kAskAgain = std::chrono::seconds(30);
/// A lane decides nothing before its releases are read, so what is put off for want of one is put off once.
constexpr Duration kReleaseSoon = std::chrono::seconds(1);

bool uses(const shared_kernel::NoticeTemplate& text, std::string_view variable) {
  return std::find(text.variables.begin(), text.variables.end(), variable) != text.variables.end();
}

SendEnded ended_as(SendEnded ended, SendResult result, std::string reason_code, Instant retry_at = {}) {
  ended.result = result;
  ended.reason_code = std::move(reason_code);
  ended.retry_at = retry_at;
  return ended;
}

}  // namespace

std::optional<Instant> ProviderBudgets::take(const std::string& provider, std::uint32_t per_minute, Instant now) {
  if (per_minute == 0) return std::nullopt;
  constexpr std::int64_t kMinute = Duration(std::chrono::minutes(1)).count();
  const std::int64_t number = now.micros / kMinute;
  const std::lock_guard lock(mutex_);
  auto& minute = minutes_[provider];
  if (minute.number != number) minute = {number, 0};
  if (minute.taken >= per_minute) return Instant{(number + 1) * kMinute};
  ++minute.taken;
  return std::nullopt;
}

std::optional<std::string> Sender::send(const ledger::EffectCall& call, const std::atomic<bool>& stopping) {
  const auto order = decode_order(call.payload);
  if (!order) return encode_outcome(ended_as({}, SendResult::kTechnical, "INTENT_UNREADABLE"));
  const auto ended = attempt(call, *order, stopping);
  if (!ended) return std::nullopt;
  return encode_outcome(*ended);
}

Result<std::optional<State>> Sender::read(const ledger::EffectCall& call) const {
  auto promise = std::make_shared<std::promise<ledger::Reply>>();
  auto answer = promise->get_future();
  ledger::ReadRequest request;
  request.dossier = call.key.dossier;
  request.deadline = parts_.clock.steady() + kReadMax;
  request.reply = [promise](ledger::Reply reply) { promise->set_value(std::move(reply)); };
  parts_.gateway.read(call.key.partition.partition, std::move(request));
  const auto reply = answer.get();
  if (reply.error) return failure(*reply.error);
  if (reply.value == nullptr) return std::optional<State>();
  auto state = decode_state(reply.value->state());
  if (!state) return failure(state.error());
  return std::optional<State>(*std::move(state));
}

std::optional<SendEnded> Sender::attempt(const ledger::EffectCall& call, const SendOrder& order,
                                         const std::atomic<bool>& stopping) {
  const SendEnded ended{order.notice, order.attempt, order.provider, SendResult::kTechnical, "", "", "", {}};
  const Instant now = parts_.clock.now();
  const auto read_back = read(call);
  if (!read_back) return ended_as(ended, SendResult::kDeferred, "READ_UNAVAILABLE", now + kAskAgain);
  const auto& state = *read_back;
  const Notice* notice = state ? state->notice(order.notice) : nullptr;
  // An answer to an attempt that is over is not taken by the core.
  if (notice == nullptr || notice->phase != Phase::kSending || notice->attempts != order.attempt)
    return ended_as(ended, SendResult::kWithdrawn, "ATTEMPT_OVER");
  if (state->erased && notice->made.recipient == NoticeRecipient::kApplicant)
    return ended_as(ended, SendResult::kWithdrawn, "ERASED");
  if (!holds(*state, notice->made)) return ended_as(ended, SendResult::kWithdrawn, "NO_LONGER_SO");
  const auto latest = parts_.rules.latest();
  // After a start the releases are still being read: an older one knows neither this one's quiet hours nor its texts.
  if (!latest || latest->version < order.release)
    return ended_as(ended, SendResult::kDeferred, "CATALOGUE_UNAVAILABLE", now + kReleaseSoon);
  return hand_over(*notice, state->home, call.key.dossier, ended, static_cast<const Catalogue&>(*latest->rules), stopping);
}

Result<Contact> Sender::contact_of(const Catalogue& catalogue, const NoticeCreated& notice,
                                   const std::string& dossier_id) const {
  if (notice.recipient == NoticeRecipient::kAgency) {
    const auto* office = catalogue.contents().notices.contact(notice.contents.agency);
    if (office == nullptr) return Contact{};
    return Contact{"", office->email, office->phone, false, false, {}};
  }
  std::vector<SealedRef> texts;
  const auto* text = catalogue.contents().notices.find(notice.way.text);
  if (text != nullptr && uses(*text, "reason") && notice.contents.reason) texts.push_back(*notice.contents.reason);
  return parts_.contacts.find(dossier_id, "notice " + notice.rule, texts);
}

std::optional<SendEnded> Sender::hand_over(const Notice& notice, const HomeKey& home, const DossierId& dossier,
                                           SendEnded ended, const Catalogue& catalogue, const std::atomic<bool>& stopping) {
  const Instant now = parts_.clock.now();
  const auto& settings = catalogue.contents().notices;
  const auto& made = notice.made;
  // The call may come long after its decision, after an outage for instance.
  if (const Instant at = shared_kernel::after_quiet_hours(now, settings.quiet); at > now && !made.urgent)
    return ended_as(ended, SendResult::kDeferred, "QUIET_HOURS", at);
  const auto* provider = settings.provider(ended.provider);
  const auto carrier = parts_.carriers.find(ended.provider);
  if (provider == nullptr || carrier == parts_.carriers.end())
    return ended_as(ended, SendResult::kTechnical, "PROVIDER_NOT_SET_UP");
  const auto* text = settings.find(made.way.text);
  if (text == nullptr) return ended_as(ended, SendResult::kTechnical, "TEMPLATE_NOT_FOUND");
  if (const auto next = budgets_.take(provider->id, provider->per_minute, now))
    return ended_as(ended, SendResult::kDeferred, "PROVIDER_BUDGET", *next);

  const auto dossier_id = shared_kernel::format_dossier_name({home, dossier});
  const auto contact = contact_of(catalogue, made, dossier_id);
  if (!contact && contact.error().reason == "PERSONAL_DATA_ERASED") return ended_as(ended, SendResult::kPermanent, "ERASED");
  if (!contact) return ended_as(ended, SendResult::kDeferred, "CONTACT_UNAVAILABLE", now + kAskAgain);
  const bool email = made.way.channel == NoticeChannel::kEmail;
  const auto& address = email ? contact->email : contact->phone;
  if (address.empty()) return ended_as(ended, SendResult::kPermanent, "NO_ADDRESS");

  const auto language = contact->english ? NoticeLanguage::kEnglish : NoticeLanguage::kVietnamese;
  auto values = values_of(catalogue, made.contents, dossier_id, language);
  values["applicant_name"] = contact->full_name;
  if (!contact->texts.empty()) values["reason"] = contact->texts.front();
  const auto rendered = shared_kernel::render(settings, *text, language, values);
  if (!rendered) return ended_as(ended, SendResult::kTechnical, "TEMPLATE_VARIABLE");
  ended.masked_address = email ? masked_email(address) : masked_phone(address);
  const Message message{to_hex(made.key.view()), address, rendered->subject, rendered->body, now};
  auto carried = carrier->second->carry(message, stopping);
  if (!carried) return std::nullopt;
  ended.reference = std::move(carried->reference);
  return ended_as(ended, carried->result, std::move(carried->reason_code), carried->retry_at);
}

}  // namespace lienthong::notification
