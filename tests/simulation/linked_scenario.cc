#include "simulation/linked_scenario.h"

#include "agency_processing/adapters/command_codec.h"
#include "agency_processing/adapters/event_codec.h"
#include "agency_processing/adapters/machine_codec.h"
#include "agency_processing/adapters/state_codec.h"
#include "agency_processing/core/decider.h"
#include "catalogue/adapters/catalogue_yaml.h"
#include "catalogue/adapters/parts.h"
#include "catalogue/adapters/release_codec.h"
#include "intake/adapters/command_codec.h"
#include "intake/adapters/event_codec.h"
#include "intake/adapters/machine_codec.h"
#include "intake/adapters/state_codec.h"
#include "intake/core/decider.h"
#include "notification/adapters/event_codec.h"
#include "notification/adapters/machine_codec.h"
#include "notification/adapters/state_codec.h"
#include "notification/core/decider.h"
#include "platform/crypto/sha256.h"
#include "routing/adapters/event_codec.h"
#include "routing/adapters/machine_codec.h"
#include "routing/adapters/state_codec.h"
#include "routing/core/decider.h"
#include "shared_kernel/dossier_id.h"
#include "simulation/notice_scenario.h"
#include "simulation/post_scenario.h"

#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace lienthong::simulation {
namespace {

constexpr std::uint32_t kPartitions = 2;
constexpr std::uint32_t kDossiers = 2;  // per partition
constexpr std::int64_t kMinutesPerStep = 60'000;

struct IntakeCodec {
  static void encode_event(const intake::Event& event, v1::Event& wire) { intake::encode_event(event, wire); }
  static Result<intake::Event> decode_event(const v1::Event& wire) { return intake::decode_event(wire); }
  static std::string encode_state(const intake::State& state) { return intake::encode_state(state); }
  static Result<intake::State> decode_state(std::string_view bytes) { return intake::decode_state(bytes); }
  static Result<intake::Cause> decode_cause(const ledger::CauseView& view) { return intake::decode_cause(view); }
};
struct RoutingCodec {
  static void encode_event(const routing::Event& event, v1::Event& wire) { routing::encode_event(event, wire); }
  static Result<routing::Event> decode_event(const v1::Event& wire) { return routing::decode_event(wire); }
  static std::string encode_state(const routing::State& state) { return routing::encode_state(state); }
  static Result<routing::State> decode_state(std::string_view bytes) { return routing::decode_state(bytes); }
  static Result<routing::Cause> decode_cause(const ledger::CauseView& view) { return routing::decode_cause(view); }
};
struct AgencyCodec {
  static void encode_event(const agency_processing::Event& event, v1::Event& wire) {
    agency_processing::encode_event(event, wire);
  }
  static Result<agency_processing::Event> decode_event(const v1::Event& wire) {
    return agency_processing::decode_event(wire);
  }
  static std::string encode_state(const agency_processing::State& state) { return agency_processing::encode_state(state); }
  static Result<agency_processing::State> decode_state(std::string_view bytes) {
    return agency_processing::decode_state(bytes);
  }
  static Result<agency_processing::Cause> decode_cause(const ledger::CauseView& view) {
    return agency_processing::decode_cause(view);
  }
};

struct NotificationCodec {
  static void encode_event(const notification::Event& event, v1::Event& wire) { notification::encode_event(event, wire); }
  static Result<notification::Event> decode_event(const v1::Event& wire) { return notification::decode_event(wire); }
  static std::string encode_state(const notification::State& state) { return notification::encode_state(state); }
  static Result<notification::State> decode_state(std::string_view bytes) { return notification::decode_state(bytes); }
  static Result<notification::Cause> decode_cause(const ledger::CauseView& view) { return notification::decode_cause(view); }
};

struct Services {
  std::unique_ptr<const ledger::Machine> intake = intake::make_machine();
  std::unique_ptr<const ledger::Machine> routing = routing::make_machine();
  std::unique_ptr<const ledger::Machine> agency = agency_processing::make_machine();
  std::unique_ptr<const ledger::Machine> notification = notification::make_machine();
  std::unique_ptr<const ledger::Machine> catalogue = catalogue::make_catalogue_machine();
  OracleOf<intake::Decider, IntakeCodec> intake_oracle;
  OracleOf<routing::Decider, RoutingCodec> routing_oracle;
  OracleOf<agency_processing::Decider, AgencyCodec> agency_oracle;
  OracleOf<notification::Decider, NotificationCodec> notification_oracle;
  OracleOf<catalogue::Decider, catalogue::ReleaseCodec> catalogue_oracle;
};

const Services& services() {
  static const Services all;
  return all;
}

struct Release {
  std::vector<catalogue::EncodedPart> parts;
  std::vector<Hash> hashes;
};

/// The test catalogue and one with another title, cut for the ledger.
const std::vector<Release>& releases() {
  static const std::vector<Release> all = [] {
    auto reading = catalogue::read_catalogue_directory(LIENTHONG_SOURCE_DIR "/tests/support/catalogue");
    if (!reading.importable()) std::abort();
    allow_notices(reading.contents);
    allow_post(reading.contents);
    std::vector<Release> out;
    for (int i = 0; i < 2; ++i) {
      if (i == 1) reading.contents.title.en += " (amended)";
      auto parts = catalogue::split(reading.contents);
      if (!parts) std::abort();
      Release release;
      for (auto& part : *parts) {
        release.hashes.push_back(part.hash);
        release.parts.push_back(std::move(part));
      }
      out.push_back(std::move(release));
    }
    return out;
  }();
  return all;
}

const std::vector<shared_kernel::HomeKey>& desks(std::uint32_t partition) {
  static const std::vector<std::vector<shared_kernel::HomeKey>> all = [] {
    std::vector<std::vector<shared_kernel::HomeKey>> out(kPartitions);
    for (const char* text : {"T01.01", "T01.02", "T01.04", "T01.05", "T01.06", "T01.07", "T01.08", "T01.09"}) {
      const auto home = *shared_kernel::HomeKey::parse(text);
      out[shared_kernel::partition_of(home, kPartitions)].push_back(home);
    }
    return out;
  }();
  return all[partition];
}

shared_kernel::SealedRef sealed(const std::string& what) { return {std::string(16, 'k'), crypto::sha256({what})}; }

RequestId request_id(std::uint64_t seed, std::size_t number) {
  return *RequestId::from(
      crypto::sha256({"request", std::to_string(seed), std::to_string(number)}).view().substr(0, RequestId::kSize));
}

/// What clients and agencies do when they see a state; every action once.
class Actors {
 public:
  explicit Actors(std::uint64_t seed) : seed_(seed), chance_(seed ^ 0xAC70), notices_(seed), post_(seed) {}

  void import_catalogue(std::vector<ClientRequest>& requests) {
    for (std::size_t i = 0; i < releases().size(); ++i) {
      if (i > 0 && !chance_.permille(500)) return;
      std::vector<std::size_t> before;
      if (i > 0) before.push_back(requests.size() - 1);
      std::vector<std::size_t> drafted;
      for (const auto& part : releases()[i].parts) {
        drafted.push_back(requests.size());
        add(requests, {"catalogue", 0}, catalogue::part_entry(part.hash), catalogue::kDraftPartCommand,
            catalogue::encode_draft_part(part.bytes), before);
      }
      add(requests, {"catalogue", 0}, catalogue::catalogue_entry(), catalogue::kReleaseCatalogueCommand,
          catalogue::encode_release(releases()[i].hashes), drafted);
    }
  }

  void bring_dossiers(std::vector<ClientRequest>& requests) {
    for (std::uint32_t p = 0; p < kPartitions; ++p) {
      for (std::uint32_t i = 0; i < kDossiers; ++i) {
        const auto& home = desks(p)[chance_.below(static_cast<std::uint32_t>(desks(p).size()))];
        intake::Application application;
        application.home = home;
        application.procedure_code = "9.000001";
        application.applicant_kind = intake::ApplicantKind::kCitizen;
        const bool online = chance_.permille(300);
        application.channel = online ? intake::Channel::kOnline : intake::Channel::kCounter;
        application.area_code = home.text();
        application.content = sealed("application");
        application.components = {{"application-form", 1, std::string(32, 'x'), "blob:1"}};
        application.post = wish(chance_, online);
        const RequestId id = request_id(seed_, requests.size());
        const DossierId dossier = shared_kernel::derive_dossier_id(home, "demo", id);
        const auto command = online ? intake::encode_command(intake::SubmitDossier{application}, {})
                                    : intake::encode_command(intake::ReceiveDossier{application}, {});
        add(requests, {"intake", p}, dossier, command.type, command.body, {});
      }
    }
  }

  void act(const Judge& judge, std::vector<ClientRequest>& requests) {
    const std::uint32_t p = chance_.below(kPartitions);
    for (const auto& [id, dossier] : judge.dossiers({"intake", p})) {
      if (dossier.state.empty()) continue;
      if (const auto state = intake::decode_state(dossier.state)) at_the_desk(p, id, *state, requests);
    }
    for (const auto& [id, dossier] : judge.dossiers({"agency-processing", p})) {
      if (dossier.state.empty()) continue;
      const auto state = agency_processing::decode_state(dossier.state);
      if (!state) continue;
      for (const auto& work : state->work) at_the_agency(p, id, work, requests);
    }
    notices_.act(judge, p, requests);
    post_.act(judge, p, requests);
  }

 private:
  void at_the_desk(std::uint32_t p, const DossierId& id, const intake::State& state, std::vector<ClientRequest>& requests) {
    if (!state.status) return;
    using shared_kernel::NationalStatus;
    const auto give = [&](const char* name, const intake::CommandBody& body) {
      if (!done_.insert({id, name + std::to_string(state.supplements)}).second) return;
      const auto command = intake::encode_command(body, {});
      add(requests, {"intake", p}, id, command.type, command.body, {});
    };
    switch (*state.status) {
      case NationalStatus::kSubmitted:
        if (chance_.permille(100)) {
          give("answer", intake::RefuseDossier{"NOT_COMPLETE", sealed("refusal")});
        } else {
          give("answer", intake::AcceptDossier{});
        }
        break;
      case NationalStatus::kSupplementRequested:
        give("supplement", intake::ReceiveSupplement{{{"id-card", 1, "", ""}}, sealed("s")});
        break;
      case NationalStatus::kInProcess:
        if (chance_.permille(5)) give("withdraw", intake::WithdrawDossier{});
        break;
      case NationalStatus::kProcessed:
        // Some come for it although the post is to bring it.
        if (!state.post || !state.post->deliver_to || chance_.permille(20))
          give("hand_over", intake::HandOverResult{intake::Channel::kCounter});
        break;
      case NationalStatus::kHandedOver: give("erase", intake::ErasePersonalData{"REQUESTED", {}}); break;
      case NationalStatus::kReceived:
      case NationalStatus::kNotAccepted:
      case NationalStatus::kFinancialDutyRequested:
      case NationalStatus::kWithdrawalRequested:
      case NationalStatus::kStopped: break;
    }
  }

  void at_the_agency(std::uint32_t p, const DossierId& id, const agency_processing::Work& work,
                     std::vector<ClientRequest>& requests) {
    using agency_processing::WorkPhase;
    const shared_kernel::LegRef leg{work.leg.leg, 0};
    const auto give = [&](const std::string& name, const agency_processing::CommandBody& body) {
      const std::string key = name + "/" + std::to_string(work.leg.leg) + "." + std::to_string(work.leg.attempt);
      if (!done_.insert({id, key}).second) return;
      const auto command = agency_processing::encode_command(body, {});
      add(requests, {"agency-processing", p}, id, command.type, command.body, {});
    };
    const agency_processing::CompleteLeg result{leg, {{"result", 1, std::string(32, 'r'), "blob:2"}}, {}, true, ""};
    switch (work.phase) {
      case WorkPhase::kOffered:
        if (chance_.permille(150)) {
          give("answer", agency_processing::RefuseLeg{leg, "OUT_OF_COMPETENCE", sealed("r")});
        } else if (chance_.permille(300)) {
          give("answer", result);
        } else {
          give("answer", agency_processing::AcceptLeg{leg, ""});
        }
        break;
      case WorkPhase::kAccepted:
        if (chance_.permille(30)) {
          give("ask", agency_processing::AskSupplement{leg, "MISSING_PAPER", sealed("m")});
        } else {
          give("complete", result);
        }
        break;
      case WorkPhase::kCompleted: give("confirm", agency_processing::ConfirmResult{leg}); break;
      case WorkPhase::kNone:
      case WorkPhase::kAwaitingSupplement:
      case WorkPhase::kConfirmed:
      case WorkPhase::kRefused:
      case WorkPhase::kClosed: break;
    }
  }

  void add(std::vector<ClientRequest>& requests, LedgerPartition where, const DossierId& dossier, std::uint32_t type,
           std::string body, std::vector<std::size_t> after) {
    ClientRequest request;
    request.where = std::move(where);
    request.dossier = dossier;
    request.id = request_id(seed_, requests.size());
    request.type = type;
    request.body = std::move(body);
    request.principal = "demo";
    request.after = std::move(after);
    requests.push_back(std::move(request));
  }

  std::uint64_t seed_;
  Chance chance_;
  NoticeActors notices_;
  PostActors post_;
  std::set<std::pair<DossierId, std::string>> done_;
};

}  // namespace

Scenario linked_scenario(std::uint64_t seed, Fault without) {
  const Services& all = services();
  Scenario scenario;
  scenario.without = without;
  scenario.clock_scale = kMinutesPerStep;
  scenario.services = {{"catalogue", all.catalogue.get(), &all.catalogue_oracle, 1, false},
                       {"intake", all.intake.get(), &all.intake_oracle, kPartitions, true},
                       {"routing", all.routing.get(), &all.routing_oracle, kPartitions, true},
                       {"agency-processing", all.agency.get(), &all.agency_oracle, kPartitions, true},
                       {"notification", all.notification.get(), &all.notification_oracle, kPartitions, true},
                       {"postal-dispatch", &post_machine(), &post_oracle(), kPartitions, true}};
  auto actors = std::make_shared<Actors>(seed);
  actors->import_catalogue(scenario.requests);
  actors->bring_dossiers(scenario.requests);
  scenario.carry_out = [](const Effect& effect, Chance& chance, std::vector<ClientRequest>& requests) {
    if (effect.where.ledger == "postal-dispatch") return carry_out_post(effect, chance, requests);
    return std::optional(carry_out_notice(effect.intent, chance));
  };
  scenario.check = [](const Judge& judge) {
    auto wrong = check_notices(judge, kPartitions);
    return wrong ? wrong : check_paper(judge, kPartitions);
  };
  scenario.act = [actors](const Judge& judge, std::vector<ClientRequest>& requests) { actors->act(judge, requests); };
  return scenario;
}

}  // namespace lienthong::simulation
