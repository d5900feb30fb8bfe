#include "simulation/notice_scenario.h"

#include "notification/adapters/command_codec.h"
#include "notification/adapters/state_codec.h"
#include "notification/core/decider.h"
#include "platform/crypto/sha256.h"
#include "tests/support/notice_catalogue.h"

#include <array>
#include <set>

namespace lienthong::simulation {
namespace {

using namespace notification;

constexpr std::uint64_t kReports = 6;  // of one epoch
/// For one dossier or line: below what its request ring keeps, since the judge knows of every request.
constexpr std::uint32_t kCommandsMax = 24;

DossierId line_of(std::uint32_t partition) {
  return *DossierId::from(crypto::sha256({"line", std::to_string(partition)}).view().substr(0, DossierId::kSize));
}

void add(std::vector<ClientRequest>& requests, std::uint64_t seed, std::uint32_t partition, const DossierId& id,
         const CommandBody& body) {
  const auto command = encode_command(body, {});
  const auto name = crypto::sha256({"request", std::to_string(seed), std::to_string(requests.size())});
  ClientRequest request;
  request.where = {"notification", partition};
  request.dossier = id;
  request.id = *RequestId::from(name.view().substr(0, RequestId::kSize));
  request.type = command.type;
  request.body = command.body;
  request.principal = "demo";
  requests.push_back(std::move(request));
}

/// What a report of an epoch says was tried: a name that no other report has.
std::string event_of(std::uint32_t epoch, std::uint64_t number) {
  return std::to_string(epoch) + '/' + std::to_string(number);
}

ReportDeliveries report(const WebhookLine& line, std::uint32_t epoch, std::uint64_t number, Chance& chance) {
  ReportDeliveries out{epoch, {}};
  const auto event = event_of(epoch, number);
  const bool taken = chance.permille(700);
  out.report.positions = {{"intake", static_cast<std::int64_t>(number), number, 0}};
  out.report.tried = {{event, taken, 1, taken ? 204U : 503U, taken ? "" : "HTTP_503", {}}};
  if (!taken) out.report.failing = {{event, line.since, 1, "HTTP_503"}};
  if (!taken && chance.permille(500)) out.report.suspended = "HTTP_503";
  return out;
}

std::optional<std::string> check_line(const WebhookLine& line) {
  std::set<std::string> tried;
  for (const auto& one : line.tried) {
    if (!tried.insert(one.event).second) return "a report of a line had effect twice";
  }
  std::uint32_t epoch = 0;
  for (const auto& one : line.tried) {
    const auto of = static_cast<std::uint32_t>(std::stoul(one.event.substr(0, one.event.find('/'))));
    if (of < epoch) return "a report had effect after an operator had overtaken it";
    epoch = of;
  }
  return epoch > line.epoch ? std::optional<std::string>("a report of an epoch that has not begun had effect")
                            : std::nullopt;
}

std::optional<std::string> check_dossier(const State& state) {
  std::set<std::string> told;
  std::set<DerivedId> keys;
  for (const auto& notice : state.notices) {
    const auto& made = notice.made;
    const auto channel = std::string(name_of(made.way.channel));
    if (!told.insert(made.origin + made.rule + std::to_string(made.contents.leg.leg) + channel).second)
      return "an event was told twice by " + channel;
    if (!keys.insert(made.key).second) return "two notices with one key";
    if (notice.phase == Phase::kSending) return "a notice on its way without an open intent";
  }
  return std::nullopt;
}

}  // namespace

void allow_notices(shared_kernel::CatalogueContents& contents) {
  using shared_kernel::Action;
  contents.notices = test_support::notice_contents().notices;
  contents.notices.contacts.clear();
  for (const auto& agency : contents.agencies)
    contents.notices.contacts.push_back({agency.code, "office@example.vn", "0235000000"});
  for (auto& principal : contents.principals) {
    if (principal.id != "demo") continue;
    for (const auto action : {Action::kReadNotice, Action::kSteerNotice, Action::kReportReceipt, Action::kReportDelivery})
      principal.grants.front().actions.insert(action);
  }
}

void NoticeActors::act(const Judge& judge, std::uint32_t p, std::vector<ClientRequest>& requests) {
  const auto give = [&](const DossierId& id, const std::string& what, const CommandBody& body) {
    if (given_[id] < kCommandsMax && first(id, what)) {
      ++given_[id];
      add(requests, seed_, p, id, body);
    }
  };
  give(line_of(p), "open", OpenLine{"land-office", {}});
  for (const auto& [id, dossier] : judge.dossiers({"notification", p})) {
    if (dossier.state.empty()) continue;
    const auto state = decode_state(dossier.state);
    if (!state) continue;
    if (const auto& line = state->line) {
      const auto epoch = std::to_string(line->epoch);
      for (std::uint64_t number = 0; line->runs() && number < kReports; ++number) {
        if (chance_.permille(300))
          give(id, "report " + event_of(line->epoch, number), report(*line, line->epoch, number, chance_));
      }
      // A sender that has not heard of the operator's word.
      if (line->epoch > 0) give(id, "late " + epoch, report(*line, line->epoch - 1, kReports, chance_));
      if (line->runs()) continue;
      const bool gives_up = !line->failing.empty() && chance_.permille(500);
      give(id, "steer " + epoch, SteerLine{gives_up ? line->failing.front().event : "", {}});
    }
    for (const auto& notice : state->notices) {
      const auto number = std::to_string(notice.made.notice);
      const bool portal = notice.made.way.channel == NoticeChannel::kPortal;
      if (portal) give(id, "read " + number, MarkRead{notice.made.notice});
      if (notice.failed() && chance_.permille(300)) give(id, "retry " + number, RetryNotice{notice.made.notice, "REPAIRED"});
      const bool handed_over = notice.phase == Phase::kPending || notice.phase == Phase::kSent;
      if (portal || !handed_over) continue;
      constexpr std::array kReceipts = {Receipt::kDelivered, Receipt::kPermanentFailure, Receipt::kTemporaryFailure};
      for (const char* word : {"receipt ", "receipt again "}) {
        if (!chance_.permille(200)) continue;
        const auto receipt = kReceipts[chance_.below(kReceipts.size())];
        give(id, word + number, RecordReceipt{notice.made.notice, notice.provider, receipt, "PHONE_OFF"});
      }
    }
  }
}

std::string carry_out_notice(const ledger::v1::Intent& intent, Chance& chance) {
  const auto order = decode_order(intent.payload());
  if (!order) return "";
  constexpr std::array kResults = {SendResult::kSent,      SendResult::kSent,      SendResult::kDelivered,
                                   SendResult::kTemporary, SendResult::kPermanent, SendResult::kTechnical};
  SendEnded ended{order->notice, order->attempt, order->provider, SendResult::kSent, "", "ref", "o***@x", {}};
  ended.result = kResults[chance.below(kResults.size())];
  if (ended.result >= SendResult::kTemporary) ended.reason_code = "SIMULATED";
  return encode_outcome(ended);
}

std::optional<std::string> check_notices(const Judge& judge, std::uint32_t partitions) {
  for (std::uint32_t p = 0; p < partitions; ++p) {
    for (const auto& [id, dossier] : judge.dossiers({"notification", p})) {
      const auto state = decode_state(dossier.state);
      if (!state) return "notices that can't be read";
      if (auto wrong = state->line ? check_line(*state->line) : check_dossier(*state)) return wrong;
    }
  }
  return std::nullopt;
}

}  // namespace lienthong::simulation
