#include "notification/adapters/portal_sync.h"

#include "lienthong/intake/v1/events.pb.h"
#include "notification/adapters/state_codec.h"
#include "platform/base/encoding.h"
#include "shared_kernel/dossier_id.h"
#include "shared_kernel/local_time.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

namespace lienthong::notification {
namespace {

using Kind = PortalAnswer::Kind;
using nlohmann::json;

constexpr const char* kId = "portal/national";
constexpr const char* kType = "vn.lienthong.intake.status_changed.v1";
constexpr Duration kReadMax = std::chrono::seconds(5);

WebhookAnswer not_brought(std::string reason_code) {
  WebhookAnswer answer;
  answer.reason_code = std::move(reason_code);
  return answer;
}

WebhookAnswer of(const PortalAnswer& answer) {
  WebhookAnswer out;
  out.stopped = answer.kind == Kind::kStopped;
  out.delivered = answer.kind == Kind::kTaken;
  out.reason_code = answer.reason_code;
  return out;
}

/// A field as text, whether it came as text or as a number.
std::string text(const json& object, const char* field) {
  if (!object.is_object() || !object.contains(field)) return "";
  const auto& value = object[field];
  if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
  return value.is_string() ? value.get<std::string>() : "";
}

}  // namespace

PortalSync::PortalSync(PortalSettings settings, PortalParts parts)
    : since_(settings.since), parts_(parts), session_(std::move(settings)) {}

OwnDestination PortalSync::destination() {
  shared_kernel::WebhookSubscription subscription;
  subscription.id = kId;
  subscription.types = {kType};
  subscription.since = *shared_kernel::parse_day(since_);
  return {std::move(subscription),
          [this](const relay::PublicEvent& event, std::uint32_t partition, std::uint32_t tries,
                 const std::atomic<bool>& stopping) { return bring(event, partition, tries, stopping); }};
}

Result<State> PortalSync::read(const DossierId& dossier, std::uint32_t partition) const {
  auto promise = std::make_shared<std::promise<ledger::Reply>>();
  auto answer = promise->get_future();
  ledger::ReadRequest request;
  request.dossier = dossier;
  request.deadline = parts_.clock.steady() + kReadMax;
  request.reply = [promise](ledger::Reply reply) { promise->set_value(std::move(reply)); };
  parts_.gateway.read(partition, std::move(request));
  const auto reply = answer.get();
  if (reply.error) return failure(*reply.error);
  if (reply.value == nullptr) return State{};
  return decode_state(reply.value->state());
}

PortalSync::Asked PortalSync::ask(const std::string& code, const std::vector<PortalStatus>& steps,
                                  const std::string& message_id, const std::atomic<bool>& stopping) {
  Asked asked;
  asked.missing = steps;
  const json fields = {{"data", {{"MaHoSo", code}}}};
  asked.answer = session_.call("TraCuuHoSo", fields.dump(), message_id + "-ask", stopping);
  if (asked.answer.kind != Kind::kTaken) return asked;
  const auto result = json::parse(asked.answer.result, nullptr, false);
  const auto& dossier = result.is_array() && !result.empty() ? result[0] : result;
  asked.knows_dossier = text(dossier, "MaHoSo") == code;
  if (!asked.knows_dossier) return asked;
  asked.knows_status = text(dossier, "TrangThaiHoSo") == std::to_string(steps.back().status);
  const auto told = dossier.value("TienDo", json::array());
  if (!told.is_array()) return asked;
  std::erase_if(asked.missing, [&](const PortalStatus& step) {
    return std::any_of(told.begin(), told.end(), [&](const json& one) {
      return text(one, "TrangThai") == std::to_string(step.status) && text(one, "ThoiDiemXuLy") == portal_time(step.at);
    });
  });
  return asked;
}

WebhookAnswer PortalSync::bring(const relay::PublicEvent& event, std::uint32_t partition, std::uint32_t,
                                const std::atomic<bool>& stopping) {
  intake::v1::StatusChanged changed;
  const auto bytes = from_base32(event.subject, DossierId::kSize);
  if (!bytes || !changed.ParseFromString(event.data)) return not_brought("EVENT_UNREADABLE");
  if (!concerns_portal(changed.from_status(), changed.to_status())) return of({Kind::kTaken, "", ""});
  const PortalStatus status{changed.to_status(), event.time};
  const auto dossier = *DossierId::from(*bytes);
  const auto state = read(dossier, partition);
  if (!state) return not_brought("READ_UNAVAILABLE");
  if (!complete_for(*state, status.status)) return not_brought("NOT_KNOWN_YET");
  const auto latest = parts_.rules.latest();
  if (!latest) return not_brought("CATALOGUE_UNAVAILABLE");
  const auto& catalogue = static_cast<const shared_kernel::Catalogue&>(*latest->rules);
  const auto dossier_id = shared_kernel::format_dossier_name({state->home, dossier});
  const auto message_id = delivery_key(kId, event.id);
  const auto steps = portal_steps(*state, changed.from_status(), status);

  // A reply to an earlier attempt may have been lost, of this process or of the one before it.
  const auto asked = ask(portal_code(*state, dossier_id), steps, message_id, stopping);
  if (asked.answer.kind != Kind::kTaken) return of(asked.answer);
  // The steps are told last, so what came before them is there too; telling the status again would take it back.
  if (asked.missing.empty()) return of({Kind::kTaken, "", ""});
  if (!asked.knows_status) {
    std::optional<Contact> contact;
    auto found = parts_.contacts.find(dossier_id, "national portal", {});
    if (found) {
      contact = *std::move(found);
    } else if (found.error().reason != "PERSONAL_DATA_ERASED") {
      return not_brought("CONTACT_UNAVAILABLE");
    }
    const auto told =
        session_.call("DongBoHoSoMC", dossier_message(catalogue, *state, dossier_id, status, contact, asked.knows_dossier),
                      message_id + "-1", stopping);
    if (told.kind != Kind::kTaken) return of(told);
  }
  PortalAnswer told;
  for (const auto& step : asked.missing) {
    told = session_.call("CapNhatTienDoHoSoMC", progress_message(catalogue, *state, dossier_id, step),
                         message_id + "-step-" + std::to_string(step.status), stopping);
    if (told.kind != Kind::kTaken) break;
  }
  return of(told);
}

}  // namespace lienthong::notification
