#include "postal_dispatch/core/item_number.h"
#include "postal_dispatch/core/timeline.h"
#include "tests/support/given_when_then.h"
#include "tests/support/seeded_order.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace lienthong::postal_dispatch {
namespace {

using test_support::local;
using test_support::sealed_part;
using ::testing::ElementsAre;

Entry scan(Milestone milestone, const std::string& time, std::string reason = "") {
  Entry entry;
  entry.carrier = "vnpost";
  entry.raw_code = "X" + std::to_string(static_cast<int>(milestone));
  entry.table_version = 1;
  entry.milestone = milestone;
  entry.at = local("2026-03-02 " + time);
  entry.reason = std::move(reason);
  return entry;
}

Proof proof() { return {sealed_part('r'), Relation::kSelf, IdentityPaper::kCitizenCard, local("2026-03-02 15:00"), {}}; }

Shipment with(const std::vector<Entry>& entries) {
  Shipment shipment;
  shipment.number = 1;
  shipment.kind = ShipmentKind::kResult;
  shipment.ordered_at = local("2026-03-02 07:00");
  for (const auto& entry : entries) place_entry(shipment, entry);
  return shipment;
}

// Source: UPU S10, worked example 47312482 -> 9, and the numbers that make the two special remainders.
TEST(PostalDispatchItemNumberTest, TakesAndGivesTheCheckDigitOfTheStandard) {
  EXPECT_EQ(check_digit("47312482"), '9');
  EXPECT_EQ(check_digit("12345678"), '5');
  EXPECT_EQ(ItemNumber::make("RR", 47312482)->text(), "RR473124829VN");
  EXPECT_EQ(ItemNumber::parse("rr 473 124 829 vn")->text(), "RR473124829VN");
  int zeros = 0;
  int fives = 0;
  for (std::uint32_t serial = 0; serial < 100; ++serial) {
    const auto number = ItemNumber::make("BG", serial);
    ASSERT_TRUE(number);
    EXPECT_TRUE(ItemNumber::parse(number->text())) << number->text();
    zeros += number->text()[10] == '0';
    fives += number->text()[10] == '5';
  }
  EXPECT_GT(zeros, 0);
  EXPECT_GT(fives, zeros) << "remainder 0 gives a five as well";
}

TEST(PostalDispatchItemNumberTest, RefusesEveryWrongDigitAndOtherForms) {
  const std::string good = "RR473124829VN";
  for (std::size_t at = 2; at < 11; ++at) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string other = good;
      other[at] = digit;
      EXPECT_EQ(ItemNumber::parse(other).has_value(), other == good) << other;
    }
  }
  for (const char* text : {"", "RR47312482VN", "R1473124829VN", "RR473124829V1", "RR4731248290VN"}) {
    const auto parsed = ItemNumber::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().reason, "ITEM_NUMBER_INVALID");
  }
  EXPECT_FALSE(ItemNumber::make("rr", 1));
  EXPECT_FALSE(ItemNumber::make("RR", 100'000'000));
}

TEST(PostalDispatchTimelineTest, NamesEveryMilestoneOnce) {
  EXPECT_EQ(kMilestones.size(), 20U);
  for (const auto milestone : kMilestones) EXPECT_EQ(milestone_named(name_of(milestone)), milestone);
  EXPECT_EQ(milestone_named("SOMETHING"), std::nullopt);
}

TEST(PostalDispatchTimelineTest, DeliveredCountsWithItsProofOnly) {
  auto shipment = with({scan(Milestone::kOutForDelivery, "14:00"), scan(Milestone::kDelivered, "15:00")});
  auto standing = standing_of(shipment);
  EXPECT_EQ(standing.milestone, Milestone::kOutForDelivery);
  EXPECT_EQ(standing.stable, StableState::kProofMissing);
  EXPECT_FALSE(standing.ended);
  EXPECT_TRUE(standing.with_post());
  shipment.timeline.back().proofs = {proof()};
  standing = standing_of(shipment);
  EXPECT_EQ(standing.milestone, Milestone::kDelivered);
  EXPECT_EQ(standing.stable, StableState::kDelivered);
  EXPECT_TRUE(standing.ended);
  EXPECT_THAT(standing.custody, ElementsAre(PostalCustody{local("2026-03-02 14:00"), local("2026-03-02 15:00")}));
}

TEST(PostalDispatchTimelineTest, KeepsAScanAfterTheEndAndDoesNotMove) {
  auto delivered = scan(Milestone::kDelivered, "15:00");
  delivered.proofs = {proof()};
  const auto standing = standing_of(with({delivered, scan(Milestone::kInTransit, "16:00")}));
  EXPECT_EQ(standing.milestone, Milestone::kDelivered);
  EXPECT_THAT(standing.notes, ElementsAre(EntryNote::kCounts, EntryNote::kAfterEnd));
}

TEST(PostalDispatchTimelineTest, FindsALostItemAgain) {
  auto shipment = with({scan(Milestone::kInTransit, "09:00"), scan(Milestone::kLost, "12:00")});
  EXPECT_EQ(standing_of(shipment).stable, StableState::kLost);
  place_entry(shipment, scan(Milestone::kArrived, "13:00"));
  EXPECT_EQ(standing_of(shipment).stable, StableState::kUnderway);
}

TEST(PostalDispatchTimelineTest, CashDoesNotMoveTheItem) {
  auto cash = scan(Milestone::kCodCollected, "15:01");
  cash.amount = 35'000;
  const auto standing = standing_of(with({scan(Milestone::kOutForDelivery, "14:00"), cash}));
  EXPECT_EQ(standing.milestone, Milestone::kOutForDelivery);
  EXPECT_EQ(standing.cod_collected, 35'000);
  EXPECT_FALSE(standing.cod_settled);
}

TEST(PostalDispatchTimelineTest, AnOrderComesFirstWhateverTheCarriersClockSays) {
  const auto standing = standing_of(with({scan(Milestone::kOrdered, "09:00"), scan(Milestone::kPosted, "08:58")}));
  EXPECT_EQ(standing.milestone, Milestone::kPosted);
  EXPECT_EQ(standing.last_scanned, local("2026-03-02 09:00"));
}

struct Case {
  Milestone milestone;
  StableState stable;
  bool ended;
  bool with_post;
  const char* reason;
};
TEST(PostalDispatchTimelineTest, EachMilestoneAloneHasItsStableState) {
  const std::vector<Case> cases = {{Milestone::kOrdered, StableState::kOrdered, false, false, ""},
                                   {Milestone::kPickupAssigned, StableState::kOrdered, false, false, ""},
                                   {Milestone::kPickupFailed, StableState::kWaiting, false, false, "PICKUP_FAILED"},
                                   {Milestone::kPickedUp, StableState::kUnderway, false, true, ""},
                                   {Milestone::kHandedToPost, StableState::kUnderway, false, true, ""},
                                   {Milestone::kPosted, StableState::kUnderway, false, true, ""},
                                   {Milestone::kInTransit, StableState::kUnderway, false, true, ""},
                                   {Milestone::kArrived, StableState::kUnderway, false, true, ""},
                                   {Milestone::kHeld, StableState::kWaiting, false, true, "HELD"},
                                   {Milestone::kOutForDelivery, StableState::kUnderway, false, true, ""},
                                   {Milestone::kAttempted, StableState::kWaiting, false, true, "ATTEMPTED"},
                                   {Milestone::kHandedToAgency, StableState::kDelivered, true, false, ""},
                                   {Milestone::kRejectedByAgency, StableState::kWaiting, false, true, "REJECTED_BY_AGENCY"},
                                   {Milestone::kDelivered, StableState::kProofMissing, false, true, "PROOF_MISSING"},
                                   {Milestone::kReturning, StableState::kUnderway, false, true, "RETURNING"},
                                   {Milestone::kReturned, StableState::kReturned, true, false, ""},
                                   {Milestone::kLost, StableState::kLost, false, true, ""},
                                   {Milestone::kCancelled, StableState::kCancelled, true, false, ""},
                                   {Milestone::kCodCollected, StableState::kOrdered, false, false, ""},
                                   {Milestone::kCodSettled, StableState::kOrdered, false, false, ""}};
  ASSERT_EQ(cases.size(), kMilestones.size());
  for (const auto& one : cases) {
    const auto standing = standing_of(with({scan(one.milestone, "09:00")}));
    EXPECT_EQ(standing.stable, one.stable) << name_of(one.milestone);
    EXPECT_EQ(standing.ended, one.ended) << name_of(one.milestone);
    EXPECT_EQ(standing.with_post(), one.with_post) << name_of(one.milestone);
    EXPECT_EQ(standing.reason, one.reason) << name_of(one.milestone);
  }
}

// Every set of scans, in whatever order it arrives, makes the same timeline and the same standing. Seeded.
TEST(PostalDispatchTimelineTest, ArrivalOrderDoesNotMatter) {
  test_support::SeededOrder chance(20260302);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<Entry> entries;
    const std::size_t count = 1 + chance.below(9);
    while (entries.size() < count) {
      const auto milestone = kMilestones[chance.below(kMilestones.size())];
      // Few different times, so that many scans share one.
      auto entry = scan(milestone, "0" + std::to_string(8 + chance.below(2)) + ":0" + std::to_string(chance.below(3)));
      if (milestone == Milestone::kDelivered && chance.below(2) == 0) entry.proofs = {proof()};
      if (milestone == Milestone::kAttempted && chance.below(2) == 0) entry.reason = "NOBODY_HOME";
      const bool known = std::any_of(entries.begin(), entries.end(), [&](const Entry& e) { return same_scan(e, entry); });
      if (!known) entries.push_back(std::move(entry));
    }
    const auto first = with(entries);
    for (int permutation = 0; permutation < 20; ++permutation) {
      chance.shuffle(entries);
      const auto other = with(entries);
      ASSERT_EQ(other, first) << "round " << round;
      ASSERT_EQ(standing_of(other), standing_of(first)) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace lienthong::postal_dispatch
