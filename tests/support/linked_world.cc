#include "tests/support/linked_world.h"

#include "agency_processing/adapters/command_codec.h"
#include "agency_processing/adapters/event_codec.h"
#include "agency_processing/adapters/machine_codec.h"
#include "agency_processing/adapters/state_codec.h"
#include "intake/adapters/command_codec.h"
#include "intake/adapters/event_codec.h"
#include "intake/adapters/machine_codec.h"
#include "intake/adapters/state_codec.h"
#include "lienthong/agency/v1/events.pb.h"
#include "lienthong/intake/v1/events.pb.h"
#include "lienthong/routing/v1/events.pb.h"
#include "platform/crypto/sha256.h"
#include "platform/ledger/decide.h"
#include "platform/ledger/fold.h"
#include "routing/adapters/command_codec.h"
#include "routing/adapters/event_codec.h"
#include "routing/adapters/machine_codec.h"
#include "routing/adapters/state_codec.h"
#include "shared_kernel/local_time.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <utility>

namespace lienthong::test_support {
namespace {

namespace v1 = ::lienthong::ledger::v1;

template <class T>
T must(Result<T> result, const char* what) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "%s: %s\n", what, result.error().message_en.c_str());
  std::abort();
}

Hash hash_of(const v1::Leaf& leaf) { return crypto::sha256({leaf.SerializeAsString()}); }

std::string camel(std::string_view enum_name) {
  std::string out;
  bool upper = true;
  for (const char c : enum_name.substr(std::string_view("EVENT_TYPE_").size())) {
    if (c == '_') {
      upper = true;
    } else {
      out += upper ? c : static_cast<char>(c - 'A' + 'a');
      upper = false;
    }
  }
  return out;
}

std::string name_of_event(LinkedWorld::Service service, std::uint32_t type) {
  const auto number = static_cast<int>(type);
  switch (service) {
    case LinkedWorld::kIntake: return camel(intake::v1::EventType_Name(number));
    case LinkedWorld::kRouting: return camel(routing::v1::EventType_Name(number));
    case LinkedWorld::kAgency: return camel(::lienthong::agency::v1::EventType_Name(number));
    case LinkedWorld::kServices: break;
  }
  return "";
}

template <class Body>
std::string leg_text(const Body& body) {
  if constexpr (requires { body.offer.leg.attempt; }) {
    return ' ' + std::to_string(body.offer.leg.leg) + '.' + std::to_string(body.offer.leg.attempt);
  } else if constexpr (requires { body.leg.attempt; }) {
    if (body.leg.leg == 0) return "";
    return ' ' + std::to_string(body.leg.leg) + '.' + std::to_string(body.leg.attempt);
  } else if constexpr (requires { body.to.kind; }) {
    switch (body.to.kind) {
      case routing::HolderKind::kNone: return " to nobody";
      case routing::HolderKind::kDesk: return " to desk";
      case routing::HolderKind::kAgency: return " to " + body.to.agency;
      case routing::HolderKind::kCitizen: return " to citizen";
    }
    return "";
  } else if constexpr (requires { body.to == shared_kernel::NationalStatus::kReceived; }) {
    return ' ' + std::to_string(code_of(body.to));
  } else {
    return "";
  }
}

template <class Event>
std::string suffix(const Event& event) {
  return std::visit([](const auto& body) { return leg_text(body); }, event.body);
}

constexpr std::array kNames = {"intake", "routing", "agency-processing"};

}  // namespace

LinkedWorld::LinkedWorld(std::shared_ptr<const shared_kernel::Catalogue> rules) : rules_(std::move(rules)) {
  sides_[kIntake].machine = intake::make_machine();
  sides_[kRouting].machine = routing::make_machine();
  sides_[kAgency].machine = agency_processing::make_machine();
}

std::optional<Error> LinkedWorld::decide(Service service, DossierId dossier, v1::Cause cause, const v1::Leaf* source) {
  Side& side = sides_[service];
  auto& value = side.values[dossier];
  ledger::NumberScratch numbers(side.counters);
  ledger::DecisionArguments arguments;
  arguments.dossier = dossier;
  arguments.decided_at = now_;
  arguments.rules = rules_.get();
  arguments.cause = std::move(cause);
  arguments.source = source;
  auto result = ledger::decide_leaf(*side.machine, value, std::move(arguments), numbers);
  if (auto* error = std::get_if<Error>(&result)) return std::move(*error);
  if (std::holds_alternative<ledger::Dropped>(result)) return std::nullopt;
  auto& leaf = std::get<v1::Leaf>(result);
  if (auto applied = ledger::apply_leaf(*side.machine, value, leaf, hash_of(leaf)); !applied) return applied.error();
  for (const auto& [key, number] : numbers.changed()) side.counters[key] = number;
  side.leaves.push_back(std::move(leaf));
  return std::nullopt;
}

std::optional<Error> LinkedWorld::give_encoded(Service service, DossierId dossier, std::uint32_t type, std::string body,
                                               std::string principal) {
  v1::Cause cause;
  auto& command = *cause.mutable_command();
  command.set_principal(std::move(principal));
  command.set_actor("officer-7");
  std::string request(RequestId::kSize, '\0');
  ++requests_;
  for (std::size_t i = 0; i < 8; ++i) request[15 - i] = static_cast<char>(requests_ >> (8 * i));
  command.set_request_id(request);
  command.set_issued_at(now_.micros);
  command.set_type(type);
  command.set_body(std::move(body));
  return decide(service, dossier, std::move(cause), nullptr);
}

std::optional<Error> LinkedWorld::give(DossierId dossier, const intake::CommandBody& body, std::string principal,
                                       std::optional<Instant> occurred_at) {
  auto command = intake::encode_command(body, occurred_at);
  return give_encoded(kIntake, dossier, command.type, std::move(command.body), std::move(principal));
}

std::optional<Error> LinkedWorld::give(DossierId dossier, const routing::CommandBody& body, std::string principal,
                                       std::optional<Instant> occurred_at) {
  auto command = routing::encode_command(body, occurred_at);
  return give_encoded(kRouting, dossier, command.type, std::move(command.body), std::move(principal));
}

std::optional<Error> LinkedWorld::give(DossierId dossier, const agency_processing::CommandBody& body, std::string principal,
                                       std::optional<Instant> occurred_at) {
  auto command = agency_processing::encode_command(body, occurred_at);
  return give_encoded(kAgency, dossier, command.type, std::move(command.body), std::move(principal));
}

bool LinkedWorld::deliver(Service from, Service to) {
  EventMask mask = 0;
  for (const auto& [name, taken] : sides_[to].machine->sources()) {
    if (name == kNames[from]) mask = taken;
  }
  auto& next = sides_[to].read[from];
  const auto& leaves = sides_[from].leaves;
  while (next < leaves.size()) {
    const std::size_t index = next++;
    EventMask events = 0;
    for (const auto& event : leaves[index].events()) events |= mask_of(event.type());
    if ((events & mask) == 0) continue;
    v1::Cause cause;
    auto& ref = *cause.mutable_input()->mutable_ref();
    ref.set_ledger(kNames[from]);
    ref.set_block_seq(index + 1);
    const v1::Leaf leaf = leaves[index];
    decide(to, must(DossierId::from(leaf.dossier_id()), "dossier id"), std::move(cause), &leaf);
    return true;
  }
  return false;
}

void LinkedWorld::settle() {
  bool moved = true;
  while (moved) {
    moved = false;
    for (const auto from : {kIntake, kRouting, kAgency}) {
      for (const auto to : {kIntake, kRouting, kAgency}) {
        while (deliver(from, to)) moved = true;
      }
    }
  }
}

void LinkedWorld::append_foreign(Service from, DossierId dossier, v1::Event event) {
  v1::Leaf leaf;
  leaf.set_dossier_id(std::string(dossier.view()));
  *leaf.add_events() = std::move(event);
  sides_[from].leaves.push_back(std::move(leaf));
}

bool LinkedWorld::fire_next(Instant until) {
  std::optional<DossierId> dossier;
  v1::DossierValue::Timer earliest;
  for (const auto& [id, value] : sides_[kRouting].values) {
    for (const auto& timer : value.timers()) {
      if (timer.due() == 0 || timer.due() > until.micros) continue;
      if (!dossier || timer.due() < earliest.due()) {
        dossier = id;
        earliest = timer;
      }
    }
  }
  if (!dossier) return false;
  now_ = std::max(now_, Instant{earliest.due()});
  v1::Cause cause;
  cause.mutable_timer()->set_id(earliest.id());
  cause.mutable_timer()->set_generation(earliest.generation());
  decide(kRouting, *dossier, std::move(cause), nullptr);
  return true;
}

void LinkedWorld::move_to(std::string_view local_time, bool with_timers) {
  const Instant to = shared_kernel::instant_of(must(shared_kernel::parse_local_minute(local_time), "time"));
  while (with_timers && fire_next(to)) {
  }
  now_ = to;
}

const v1::DossierValue& LinkedWorld::value_of(Service service, DossierId dossier) const {
  static const v1::DossierValue kNone;
  const auto at = sides_[service].values.find(dossier);
  return at == sides_[service].values.end() ? kNone : at->second;
}

intake::State LinkedWorld::intake_of(DossierId dossier) const {
  return must(intake::decode_state(value_of(kIntake, dossier).state()), "intake state");
}
routing::State LinkedWorld::route_of(DossierId dossier) const {
  return must(routing::decode_state(value_of(kRouting, dossier).state()), "route state");
}
agency_processing::State LinkedWorld::work_of(DossierId dossier) const {
  return must(agency_processing::decode_state(value_of(kAgency, dossier).state()), "work state");
}

std::vector<std::string> LinkedWorld::story(Service service, DossierId dossier) const {
  std::vector<std::string> out;
  for (const auto& leaf : sides_[service].leaves) {
    if (leaf.dossier_id() != dossier.view()) continue;
    for (const auto& event : leaf.events()) {
      std::string text = name_of_event(service, event.type());
      if (service == kIntake) text += suffix(must(intake::decode_event(event), "intake event"));
      if (service == kRouting) text += suffix(must(routing::decode_event(event), "routing event"));
      if (service == kAgency) text += suffix(must(agency_processing::decode_event(event), "agency event"));
      out.push_back(std::move(text));
    }
  }
  return out;
}

std::vector<std::string> LinkedWorld::faults() const {
  std::vector<std::string> out;
  for (const auto service : {kIntake, kRouting, kAgency}) {
    const Side& side = sides_[service];
    std::map<DossierId, std::string> states;
    std::set<std::string> offers;
    for (const auto& leaf : side.leaves) {
      if (leaf.dossier_seq() == 0) continue;  // Put there by hand.
      const auto id = must(DossierId::from(leaf.dossier_id()), "dossier id");
      if (auto folded = side.machine->evolve(states[id], leaf); !folded) out.push_back(folded.error().message_en);
      for (const auto& event : leaf.events()) {
        if (service != kAgency || event.type() != ::lienthong::agency::v1::EVENT_TYPE_WORK_OFFERED) continue;
        const auto text = leaf.dossier_id() + suffix(must(agency_processing::decode_event(event), "agency event"));
        if (!offers.insert(text).second) out.push_back("a leg was offered twice:" + text.substr(DossierId::kSize));
      }
    }
    for (const auto& [id, value] : side.values) {
      if (value.state() != states[id])
        out.push_back(std::string(kNames[service]) + ": replay differs from the stored state");
    }
  }
  for (const auto& [id, value] : sides_[kIntake].values) {
    if (intake::encode_state(intake_of(id)) != value.state()) out.emplace_back("intake: stored form does not survive");
  }
  for (const auto& [id, value] : sides_[kRouting].values) {
    if (!value.state().empty() && routing::encode_state(route_of(id)) != value.state())
      out.emplace_back("routing: stored form");
  }
  for (const auto& [id, value] : sides_[kAgency].values) {
    if (agency_processing::encode_state(work_of(id)) != value.state()) out.emplace_back("agency: stored form");
  }
  return out;
}

DossierId dossier_number(std::uint8_t number) {
  DossierId id;
  id.bytes.back() = number;
  return id;
}

shared_kernel::SealedRef sealed(char what) {
  return {std::string("key-") + what, crypto::sha256({std::string_view(&what, 1)})};
}

}  // namespace lienthong::test_support
