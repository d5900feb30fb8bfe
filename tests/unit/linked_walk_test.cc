#include "catalogue/adapters/catalogue_yaml.h"
#include "shared_kernel/local_time.h"
#include "tests/support/linked_world.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

/// Seeded walks: commands of everybody at any moment, reports delivered in any order between ledgers, alarms. Whatever
/// happens, the ledgers replay, nothing parks, and when everything is delivered the three services agree on where the
/// dossier is.
namespace lienthong {
namespace {

using agency_processing::WorkPhase;
using routing::LegPhase;
using routing::RoutePhase;
using shared_kernel::Catalogue;
using shared_kernel::NationalStatus;
using test_support::dossier_number;
using test_support::LinkedWorld;
using test_support::sealed;
using ::testing::IsEmpty;

/// Numerical Recipes' linear congruential generator: the same walk for the same seed on every machine.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : state_(seed * 2'654'435'761U + 1) {}
  std::uint32_t below(std::uint32_t n) {
    state_ = state_ * 1'664'525U + 1'013'904'223U;
    return (state_ >> 8) % n;
  }

 private:
  std::uint32_t state_;
};

std::shared_ptr<const Catalogue> demonstration() {
  auto reading = catalogue::read_catalogue_directory(LIENTHONG_SOURCE_DIR "/deploy/catalogue");
  return *Catalogue::make(1, std::move(reading.contents));
}

intake::Application application(Dice& dice) {
  static constexpr const char* kProcedures[] = {"2.002622", "2.002621", "1.001776", "2.000635"};
  intake::Application out;
  out.home = *shared_kernel::HomeKey::parse("H47.22.02");
  out.procedure_code = kProcedures[dice.below(4)];
  out.content = sealed('a');
  return out;
}

/// One command somebody might give now. Most are refused; that is the point.
void command(LinkedWorld& world, DossierId id, Dice& dice) {
  const std::uint32_t leg = 1 + dice.below(5);
  const std::uint32_t attempt = dice.below(3);
  switch (dice.below(20)) {
    case 0: world.give(id, intake::WithdrawDossier{}); break;
    case 1: world.give(id, intake::HandOverResult{intake::Channel::kPost}); break;
    case 2: world.give(id, routing::ReofferLeg{leg, dice.below(2) == 0 ? "" : "H47.TTHCC"}); break;
    case 3: world.give(id, routing::RefuseFinally{"NO_AGENCY_COMPETENT", sealed('f')}); break;
    case 4:
    case 5: world.give(id, agency_processing::RefuseLeg{{leg, attempt}, "OUT_OF_COMPETENCE", sealed('r')}); break;
    case 6: world.give(id, agency_processing::AskSupplement{{leg, attempt}, "MISSING_PAPER", sealed('s')}); break;
    case 7:
    case 8: world.give(id, intake::ReceiveSupplement{}); break;
    case 9: world.give(id, agency_processing::ConfirmResult{{leg, attempt}}); break;
    case 10: world.give(id, agency_processing::CompleteLeg{{leg, attempt}, {}, {}, true, ""}); break;
    case 11:
    case 12:
    case 13: world.give(id, agency_processing::CompleteLeg{{leg, attempt}, {}, {}, false, ""}); break;
    case 14: world.give(id, intake::ErasePersonalData{"ASKED", {}}, "operator"); break;
    case 15: world.give(id, intake::AcceptDossier{}); break;
    default: world.give(id, agency_processing::AcceptLeg{{leg, attempt}, ""}); break;
  }
}

std::vector<std::string> disagreements(const LinkedWorld& world, DossierId id) {
  std::vector<std::string> out;
  const auto desk = world.intake_of(id);
  const auto route = world.route_of(id);
  const auto work = world.work_of(id);
  for (const auto service : {LinkedWorld::kIntake, LinkedWorld::kRouting, LinkedWorld::kAgency}) {
    if (world.value_of(service, id).parked()) out.push_back("parked: " + world.value_of(service, id).park_reason());
  }
  const auto status = *desk.status;
  const auto expect = [&](bool holds, const char* what) {
    if (!holds) out.push_back(std::string(what) + ", status " + std::to_string(code_of(status)));
  };
  switch (route.phase) {
    case RoutePhase::kNone: expect(desk.dossier_code.empty(), "received without a route"); break;
    case RoutePhase::kDeferred: out.emplace_back("deferred"); break;
    case RoutePhase::kRunning:
      expect(status == NationalStatus::kReceived || status == NationalStatus::kInProcess ||
                 status == NationalStatus::kSupplementRequested,
             "running route");
      expect(route.started == (status != NationalStatus::kReceived), "started");
      expect((route.stopped_at.micros != 0) == (status == NationalStatus::kSupplementRequested), "clock of the whole");
      expect(desk.appointment_at == route.due_at, "appointment differs");
      break;
    case RoutePhase::kResolved:
      expect(status == NationalStatus::kProcessed || status == NationalStatus::kHandedOver, "resolved route");
      expect(desk.processed_at == route.processed_at, "end of processing differs");
      break;
    case RoutePhase::kStopped:
    case RoutePhase::kRefused: expect(status == NationalStatus::kStopped, "ended route"); break;
  }
  for (const auto& leg : route.legs) {
    const auto* item = work.find(leg.plan.leg);
    if (leg.attempt == 0) {
      expect(item == nullptr, "work without an offer");
      continue;
    }
    if (item == nullptr) {
      out.emplace_back("offer without work");
      continue;
    }
    expect(item->leg == leg.ref() && item->agency == leg.agency, "work of another offer");
    const auto agrees = [&] {
      switch (leg.phase) {
        case LegPhase::kPending: return false;
        case LegPhase::kOffered: return item->phase == WorkPhase::kOffered;
        case LegPhase::kStarted: return item->phase == WorkPhase::kAccepted;
        case LegPhase::kSuspended: return item->phase == WorkPhase::kAwaitingSupplement;
        case LegPhase::kReturned: return item->phase == WorkPhase::kCompleted;
        case LegPhase::kReceived: return item->phase == WorkPhase::kConfirmed;
        case LegPhase::kAwaitsDecision: return item->phase == WorkPhase::kRefused;
        // The agency's own word may have crossed the recall; then it stands in its inbox as given.
        case LegPhase::kRecalled:
          return item->phase == WorkPhase::kClosed || item->phase == WorkPhase::kCompleted ||
                 item->phase == WorkPhase::kConfirmed || item->phase == WorkPhase::kRefused;
      }
      return false;
    }();
    if (!agrees) {
      out.push_back("leg " + std::to_string(leg.plan.leg) + ": route " + std::to_string(static_cast<int>(leg.phase)) +
                    ", agency " + name_of(item->phase));
    }
    if (leg.open() && leg.phase != LegPhase::kSuspended) expect(item->due_at == leg.due_at, "due time differs");
  }
  const auto& timers = world.value_of(LinkedWorld::kRouting, id).timers();
  const auto armed = timers.empty() ? 0 : timers[0].due();
  expect(armed == routing::next_alarm(route).micros, "alarm");
  return out;
}

TEST(LinkedWalkTest, EveryWalkReplaysAndEndsInAgreement) {
  const auto rules = demonstration();
  std::set<NationalStatus> ends;
  std::size_t asides = 0;
  for (std::uint32_t seed = 0; seed < 1500; ++seed) {
    Dice dice(seed);
    LinkedWorld world(rules);
    const auto id = dossier_number(1);
    world.move_to("2026-03-02 08:00");
    if (dice.below(4) == 0) {
      ASSERT_FALSE(world.give(id, intake::SubmitDossier{application(dice)}));
      if (dice.below(4) != 0) world.give(id, intake::AcceptDossier{});
    } else {
      ASSERT_FALSE(world.give(id, intake::ReceiveDossier{application(dice)}));
    }
    const std::uint32_t steps = 40 + dice.below(160);
    std::int64_t minutes = 0;
    for (std::uint32_t step = 0; step < steps; ++step) {
      if (dice.below(3) != 0) {
        command(world, id, dice);
      } else if (dice.below(12) == 0) {
        minutes += dice.below(2000);
        const auto start = *shared_kernel::parse_local_minute("2026-03-02 08:00");
        world.move_to(shared_kernel::format_local_minute(start + minutes), dice.below(4) != 0);
      } else {
        world.deliver(static_cast<LinkedWorld::Service>(dice.below(3)), static_cast<LinkedWorld::Service>(dice.below(3)));
      }
    }
    world.settle();
    ASSERT_THAT(world.faults(), IsEmpty()) << "seed " << seed;
    ASSERT_THAT(disagreements(world, id), IsEmpty())
        << "seed " << seed << "\nintake: " << ::testing::PrintToString(world.story(LinkedWorld::kIntake, id))
        << "\nrouting: " << ::testing::PrintToString(world.story(LinkedWorld::kRouting, id))
        << "\nagencies: " << ::testing::PrintToString(world.story(LinkedWorld::kAgency, id));
    ends.insert(*world.intake_of(id).status);
    for (const auto service : {LinkedWorld::kIntake, LinkedWorld::kRouting, LinkedWorld::kAgency}) {
      const auto story = world.story(service, id);
      asides += static_cast<std::size_t>(
          std::count_if(story.begin(), story.end(), [](const auto& name) { return name.rfind("InputSetAside", 0) == 0; }));
    }
  }
  // The walks are only worth something if they go everywhere.
  EXPECT_EQ(ends,
            (std::set<NationalStatus>{NationalStatus::kReceived, NationalStatus::kInProcess,
                                      NationalStatus::kSupplementRequested, NationalStatus::kWithdrawalRequested,
                                      NationalStatus::kStopped, NationalStatus::kProcessed, NationalStatus::kHandedOver}));
  EXPECT_GT(asides, 100U);
}

}  // namespace
}  // namespace lienthong
