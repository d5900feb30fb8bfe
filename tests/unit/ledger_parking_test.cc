#include "platform/ledger/decide.h"
#include "platform/ledger/decider_machine.h"
#include "tests/simulation/toy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

/// An operator's word on a parked dossier: whose word counts, and what it changes.
namespace lienthong::ledger {
namespace {

namespace toy = simulation::toy;
using Action = v1::Cause::Resume::Action;

class ParkingTest : public ::testing::Test {
 protected:
  ParkingTest() {
    value_.set_dossier_seq(3);
    value_.set_last_leaf(std::string(32, 'h'));
    value_.set_parked(true);
    value_.set_park_reason("UNDECODABLE");
    *value_.add_queue() = ref(7);
    *value_.add_queue() = ref(8);
  }

  static v1::SourceRef ref(std::uint64_t block_seq) {
    v1::SourceRef out;
    out.set_ledger("second");
    out.set_block_seq(block_seq);
    return out;
  }

  /// What becomes of a word: OK, DROPPED or the refusal's reason. OK changes the value as the fold does.
  std::string say(Action action, const std::vector<std::string>& persons, std::uint64_t front = 7) {
    DecisionArguments arguments;
    auto& resume = *arguments.cause.mutable_resume();
    *resume.mutable_ref() = ref(front);
    resume.set_action(action);
    resume.set_reason_code("SENT_TWICE");
    for (const auto& person : persons) resume.add_approvers(person);
    NumberScratch numbers(counters_);
    const auto result = decide_leaf(machine_, value_, std::move(arguments), numbers);
    if (std::holds_alternative<Dropped>(result)) return "DROPPED";
    if (const auto* error = std::get_if<Error>(&result)) return error->reason;
    EXPECT_TRUE(apply_leaf(machine_, value_, std::get<v1::Leaf>(result), Hash{}));
    return "OK";
  }

  DeciderMachine<toy::First, toy::Codec> machine_{"first", {{"second", mask_of(toy::kToggled)}}};
  std::map<std::string, std::uint64_t, std::less<>> counters_;
  v1::DossierValue value_;
};

TEST_F(ParkingTest, RetryReleasesTheFrontWithOnePerson) {
  EXPECT_EQ(say(v1::Cause::Resume::ACTION_RETRY, {"operator/anh"}), "OK");
  EXPECT_FALSE(value_.parked());
  EXPECT_TRUE(value_.forced());
  EXPECT_EQ(value_.queue_size(), 2);
}

TEST_F(ParkingTest, AProposalKeepsTheDossierParkedAndIsRemembered) {
  EXPECT_EQ(say(v1::Cause::Resume::ACTION_PROPOSE_SKIP, {"operator/anh"}), "OK");
  EXPECT_TRUE(value_.parked());
  EXPECT_EQ(value_.park_reason(), "UNDECODABLE");
  EXPECT_EQ(value_.queue_size(), 2);
  EXPECT_EQ(value_.skip_proposal().person(), "operator/anh");
  EXPECT_EQ(value_.skip_proposal().reason_code(), "SENT_TWICE");
  EXPECT_EQ(value_.skip_proposal().dossier_seq(), 4U);
}

TEST_F(ParkingTest, SkipTakesAProposalAndAnotherPerson) {
  struct Case {
    const char* name;
    std::vector<std::string> persons;
    const char* outcome;
  };
  const std::vector<Case> cases = {
      {"the same person", {"operator/anh", "operator/anh"}, "SECOND_PERSON_NEEDED"},
      {"the same officer for another principal", {"operator/anh", "duty/anh"}, "SECOND_PERSON_NEEDED"},
      {"nobody known by name", {"operator/anh", "operator/"}, "SECOND_PERSON_NEEDED"},
      {"only the one who confirms", {"operator/binh"}, "SECOND_PERSON_NEEDED"},
      {"another proposer than the ledger knows", {"operator/chi", "operator/binh"}, "SECOND_PERSON_NEEDED"},
      {"two persons", {"operator/anh", "operator/binh"}, "OK"},
  };
  ASSERT_EQ(say(v1::Cause::Resume::ACTION_SKIP, {"operator/anh", "operator/binh"}), "SKIP_NOT_PROPOSED");
  ASSERT_EQ(say(v1::Cause::Resume::ACTION_PROPOSE_SKIP, {"operator/anh"}), "OK");
  for (const auto& one : cases) {
    EXPECT_EQ(say(v1::Cause::Resume::ACTION_SKIP, one.persons), one.outcome) << one.name;
  }
  EXPECT_FALSE(value_.parked());
  EXPECT_FALSE(value_.forced());
  EXPECT_FALSE(value_.has_skip_proposal());
  ASSERT_EQ(value_.queue_size(), 1);
  EXPECT_EQ(value_.queue(0).block_seq(), 8U);
}

TEST_F(ParkingTest, AProposalEndsWithItsEvent) {
  ASSERT_EQ(say(v1::Cause::Resume::ACTION_PROPOSE_SKIP, {"operator/anh"}), "OK");
  ASSERT_EQ(say(v1::Cause::Resume::ACTION_RETRY, {"operator/binh"}), "OK");
  value_.set_parked(true);  // it was parked again
  EXPECT_EQ(say(v1::Cause::Resume::ACTION_SKIP, {"operator/anh", "operator/binh"}), "SKIP_NOT_PROPOSED");
}

TEST_F(ParkingTest, AWordOnAnotherEventThanTheFrontDoesNothing) {
  for (const auto action :
       {v1::Cause::Resume::ACTION_RETRY, v1::Cause::Resume::ACTION_PROPOSE_SKIP, v1::Cause::Resume::ACTION_SKIP}) {
    EXPECT_EQ(say(action, {"operator/anh", "operator/binh"}, 8), "DROPPED");
  }
  value_.set_parked(false);
  EXPECT_EQ(say(v1::Cause::Resume::ACTION_RETRY, {"operator/anh"}), "DROPPED");
}

}  // namespace
}  // namespace lienthong::ledger
