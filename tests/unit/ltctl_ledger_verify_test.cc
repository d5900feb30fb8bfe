#include "tests/unit/ltctl_ledger_under_test.h"
#include "tools/ltctl/ledger_verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lienthong::ltctl {
namespace {

using test_support::kNoted;
using test_support::kNumbered;
using test_support::LedgerWriter;
using test_support::NotebookMachine;
using test_support::Waiting;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LedgerVerify : public ::testing::Test {
 protected:
  PartitionReport verify(const NotebookMachine& machine, ports::Query* query = nullptr) {
    LedgerReader reader(log_, std::chrono::seconds(10));
    return verify_partition(reader, {machine, nullptr}, {machine.name(), 0}, {query, 20, {}});
  }
  void write_projection(const LedgerWriter& writer, const ports::ApplyBatch& batch) {
    Waiting waiting;
    const auto attached = projection_.attach(waiting);
    waiting.call([&] { attached->reset(writer.partition(), 1); });
    waiting.call([&] { attached->apply(writer.partition(), 0, batch, 2); });
  }
  static auto only(const std::string& text) { return ElementsAre(Field(&Difference::what_en, HasSubstr(text))); }

  memory::InMemoryLog log_;
  memory::InMemoryLog rival_log_;
  memory::InMemoryProjection projection_;
  NotebookMachine desk_{"desk", {}};
  NotebookMachine office_{"office", {{"desk", mask_of(kNoted) | mask_of(kNumbered)}}};
  LedgerWriter desk_writer_{log_, desk_};
  LedgerWriter office_writer_{log_, office_};
};

TEST_F(LedgerVerify, FindsNothingInASoundLedgerAndDecidesEveryDecisionAgain) {
  desk_writer_.command('a', "hello").command('a', "number").command('b', "later").commit();
  desk_writer_.timer('b', 1).command('b', "number").commit_twice();
  const auto report = verify(desk_);
  EXPECT_THAT(report.differences, IsEmpty());
  EXPECT_EQ(report.records, 4U);
  EXPECT_EQ(report.effective, 2U);
  EXPECT_EQ(report.voided, 1U);
  EXPECT_EQ(report.decided_again, 5U);
  EXPECT_EQ(report.dossiers, 2U);
  EXPECT_EQ(report.state_hash, state_hash(desk_writer_.state(), desk_writer_.dossiers()));
}

TEST_F(LedgerVerify, FollowsInputsThroughParkingQueueResumeAndDrain) {
  desk_writer_.command('a', "one").command('a', "bad").command('a', "two").command('a', "whisper").commit();
  desk_writer_.command('b', "three").commit();
  office_writer_.input(desk_writer_, 1, 0).commit();
  office_writer_.input(desk_writer_, 1, 1).input(desk_writer_, 1, 2).commit();
  office_writer_.resume('a', desk_writer_.ref(1, 1), test_support::v1::Cause::Resume::ACTION_RETRY).commit();
  office_writer_.drain('a', desk_writer_, 1, 1).drain('a', desk_writer_, 1, 2).commit();
  const auto report = verify(office_);
  EXPECT_THAT(report.differences, IsEmpty());
  EXPECT_EQ(report.inputs, 3U);
  EXPECT_EQ(report.decided_again, 6U);
  EXPECT_EQ(report.waiting, 1U);
}

TEST_F(LedgerVerify, FindsASourceDecisionThatWasPassedOver) {
  desk_writer_.command('a', "one").command('a', "two").commit();
  office_writer_.input(desk_writer_, 1, 1).commit();
  const auto report = verify(office_);
  EXPECT_GE(report.difference_count, 1U);
  EXPECT_THAT(report.differences, ::testing::Contains(Field(&Difference::what_en, HasSubstr("out of source order"))));
}

TEST_F(LedgerVerify, FindsADroppedTailOfASourceBlock) {
  desk_writer_.command('a', "one").command('b', "two").commit();
  office_writer_.input(desk_writer_, 1, 0).cursor(desk_writer_, 1, 2).commit();
  EXPECT_THAT(verify(office_).differences, only("source decision desk 1:1 is passed over"));
}

TEST_F(LedgerVerify, FindsADecisionThatIsTakenInTwice) {
  desk_writer_.command('a', "one").commit();
  office_writer_.input(desk_writer_, 1, 0).input(desk_writer_, 1, 0).commit();
  const auto report = verify(office_);
  EXPECT_THAT(report.differences, ::testing::Contains(Field(&Difference::what_en, HasSubstr("outside of the cursors"))));
}

TEST_F(LedgerVerify, FindsACursorThatNamesAnAbandonedBlock) {
  desk_writer_.command('a', "one").commit();
  LedgerWriter rival(rival_log_, desk_);
  rival.command('z', "other").commit();
  office_writer_.input(rival, 1, 0).commit();
  EXPECT_THAT(verify(office_).differences,
              ::testing::Contains(Field(&Difference::what_en, HasSubstr("names no effective block"))));
}

TEST_F(LedgerVerify, FindsADecisionThatComesOutOtherwise) {
  desk_writer_.command('a', "hello").commit();
  desk_.decide_otherwise();
  const auto report = verify(desk_);
  EXPECT_THAT(report.differences, ElementsAre(AllOf(Field(&Difference::offset, 1), Field(&Difference::block_seq, 1U),
                                                    Field(&Difference::what_en, HasSubstr("differs in events")))));
}

TEST_F(LedgerVerify, OnlyFoldsDecisionsOfAnotherLogic) {
  desk_writer_.command('a', "hello").commit();
  desk_.decide_otherwise();
  desk_.raise_logic();
  const auto report = verify(desk_);
  EXPECT_THAT(report.differences, IsEmpty());
  EXPECT_EQ(report.folded_only, 1U);
}

TEST_F(LedgerVerify, FindsANumberThatWasGivenTwice) {
  desk_writer_.command('a', "number").commit();
  desk_writer_.command('b', "number").spoil([](auto& leaf) { leaf.mutable_events(0)->set_payload("1"); }).commit();
  EXPECT_THAT(verify(desk_).differences, only("differs in events"));
}

TEST_F(LedgerVerify, FindsARequestThatTakesEffectTwice) {
  desk_writer_.command('a', "one").commit();
  desk_writer_.command('a', "two")
      .spoil([](auto& leaf) { leaf.mutable_cause()->mutable_command()->set_request_id(std::string(15, 'r') + '\1'); })
      .commit();
  EXPECT_THAT(verify(desk_).differences, only("a request id takes effect twice"));
}

TEST_F(LedgerVerify, FindsATimerThatFiresWithoutBeingArmed) {
  desk_writer_.command('a', "later").commit();
  desk_writer_.timer('a', 1).spoil([](auto& leaf) { leaf.mutable_cause()->mutable_timer()->set_generation(7); }).commit();
  EXPECT_THAT(verify(desk_).differences, only("its cause has no object"));
}

TEST_F(LedgerVerify, StopsWhereTheChainIsBroken) {
  desk_writer_.command('a', "one").commit();
  LedgerWriter ahead(rival_log_, desk_);
  ahead.command('a', "other").commit();
  const auto gap = ahead.command('a', "third").abandon();
  desk_writer_.append(gap);
  const auto report = verify(desk_);
  EXPECT_THAT(report.differences, only("the chain is broken"));
  EXPECT_FALSE(report.state_hash.has_value());
}

TEST_F(LedgerVerify, AProjectionThatIsTheFoldHasNoDifference) {
  desk_writer_.command('a', "one").command('b', "later").commit();
  write_projection(desk_writer_, desk_writer_.projection());
  desk_writer_.command('a', "behind the watermark").commit();
  const auto report = verify(desk_, &projection_);
  EXPECT_THAT(report.differences, IsEmpty());
  ASSERT_TRUE(report.projection.has_value());
  EXPECT_EQ(report.projection->watermark, 2);
  EXPECT_EQ(report.projection->values, 2U);
  EXPECT_EQ(report.projection->entries, 3U);
}

TEST_F(LedgerVerify, AcceptsAValueOfAHalfAppliedBatchOnlyWhenItIsTheFoldOfItsBlock) {
  desk_writer_.command('a', "one").command('b', "two").commit();
  auto batch = desk_writer_.projection();
  desk_writer_.command('a', "three").commit();
  batch.changes[0] = desk_writer_.projection().changes[0];
  write_projection(desk_writer_, batch);
  auto report = verify(desk_, &projection_);
  EXPECT_THAT(report.differences, IsEmpty());
  EXPECT_EQ(report.projection->newer, 1U);

  batch.changes[0].value.bytes += std::string("\x52\x01x", 3);
  batch.changes[0].entries = {{"size", "H", 1, ""}};
  write_projection(desk_writer_, batch);
  report = verify(desk_, &projection_);
  EXPECT_THAT(report.differences, only("the newer value of dossier"));
}

TEST_F(LedgerVerify, FindsAMissingValueAChangedValueAndAForeignOne) {
  desk_writer_.command('a', "one").command('b', "two").commit();
  const auto whole = desk_writer_.projection();

  auto batch = whole;
  batch.changes.pop_back();
  write_projection(desk_writer_, batch);
  EXPECT_THAT(verify(desk_, &projection_).differences, only("is missing in the projection"));

  batch = whole;
  batch.changes[1].value.asof = 0;
  write_projection(desk_writer_, batch);
  EXPECT_GE(verify(desk_, &projection_).difference_count, 1U);

  batch = whole;
  batch.changes.push_back(batch.changes[0]);
  batch.changes.back().value.dossier = LedgerWriter::dossier('z');
  write_projection(desk_writer_, batch);
  EXPECT_THAT(verify(desk_, &projection_).differences, only("is in the projection, not in the ledger"));
}

TEST_F(LedgerVerify, FindsAWrongIndexEntryAndAWrongCounter) {
  desk_writer_.command('a', "number").commit();
  auto batch = desk_writer_.projection();
  batch.changes[0].entries[0].score += 1;
  write_projection(desk_writer_, batch);
  EXPECT_THAT(verify(desk_, &projection_).differences, only("stands in the lists"));

  batch = desk_writer_.projection();
  batch.meta.mutable_counters(0)->set_value(9);
  write_projection(desk_writer_, batch);
  EXPECT_THAT(verify(desk_, &projection_).differences, only("head, cursors or counters"));
}

TEST_F(LedgerVerify, AWipedProjectionIsADifference) {
  desk_writer_.command('a', "one").commit();
  EXPECT_THAT(verify(desk_, &projection_).differences, only("the projection holds nothing"));
}

TEST_F(LedgerVerify, AProjectionAheadOfTheLedgerSaysThatTheLedgerLostItsEnd) {
  desk_writer_.command('a', "one").commit();
  auto batch = desk_writer_.projection();
  batch.meta.set_watermark(9);
  write_projection(desk_writer_, batch);
  EXPECT_THAT(verify(desk_, &projection_).differences,
              ::testing::Contains(Field(&Difference::what_en, HasSubstr("lost its end"))));
}

TEST_F(LedgerVerify, TellsHowManyPartitionsAGenesisNames) {
  LedgerReader reader(log_, std::chrono::seconds(10));
  EXPECT_EQ(partition_count(reader, "desk").value(), 1U);
  const auto missing = partition_count(reader, "nobody");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().reason, "NO_GENESIS");
}

}  // namespace
}  // namespace lienthong::ltctl
