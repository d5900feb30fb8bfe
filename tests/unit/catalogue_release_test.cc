#include "catalogue/adapters/catalogue_store.h"
#include "catalogue/adapters/catalogue_yaml.h"
#include "catalogue/adapters/contents_codec.h"
#include "catalogue/adapters/parts.h"
#include "catalogue/adapters/release_codec.h"
#include "platform/base/overloaded.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::catalogue {
namespace {

using shared_kernel::CatalogueContents;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace wire = ::lienthong::ledger::v1;

CatalogueContents demonstration() {
  return read_catalogue_directory(std::filesystem::path(LIENTHONG_SOURCE_DIR) / "deploy/catalogue").contents;
}
CatalogueContents with_title(const std::string& title) {
  auto contents = demonstration();
  contents.title = {title, title};
  return contents;
}

class FixedContext final : public Context {
 public:
  explicit FixedContext(DossierId dossier) : dossier_(dossier) {}
  Instant decided_at() const override { return Instant{1}; }
  DossierId dossier() const override { return dossier_; }
  std::uint64_t dossier_seq() const override { return 1; }
  Salt salt() const override { return {}; }
  DerivedId derive_id(std::uint32_t) const override { return {}; }
  std::uint64_t next_number(std::string_view) override { return 1; }

 private:
  DossierId dossier_;
};

/// `body` must outlive the call it is used in.
ledger::CommandCause command(std::uint32_t type, std::string_view body) {
  ledger::CommandCause cause;
  cause.type = type;
  cause.body = body;
  return cause;
}

Hash hash_of(const std::string& text) { return part_hash(text); }
DraftPart draft(const std::string& contents) { return {part_entry(hash_of(contents)), hash_of(contents), contents}; }
ReleaseCatalogue release(std::vector<Hash> parts) { return {catalogue_entry(), catalogue_hash(parts), std::move(parts)}; }

struct Given {
  std::vector<Event> history;
  Decision<Event> when(const Cause& cause) const {
    State state;
    for (const auto& event : history) Decider::evolve(state, event);
    const DossierId entry = std::visit([](const auto& command) { return command.entry; }, cause);
    FixedContext context(entry);
    return Decider::decide(context, nullptr, state, cause);
  }
};
Given given(std::vector<Event> history) { return {std::move(history)}; }

TEST(CatalogueDecider, DraftsAPartOnce) {
  EXPECT_THAT(given({}).when(draft("part")).events, ElementsAre(Event{PartDrafted{hash_of("part"), "part"}}));
  EXPECT_EQ(given({PartDrafted{hash_of("part"), "part"}}).when(draft("part")), Decision<Event>{});
}

TEST(CatalogueDecider, RefusesAPartThatDoesNotFitOneDecision) {
  EXPECT_TRUE(given({}).when(draft(std::string(kPartBytesMax, 'x'))).refusal == std::nullopt);
  EXPECT_EQ(given({}).when(draft(std::string(kPartBytesMax + 1, 'x'))).refusal->reason, "CATALOGUE_PART_SIZE");
  EXPECT_EQ(given({}).when(draft("")).refusal->reason, "CATALOGUE_PART_SIZE");
}

TEST(CatalogueDecider, ReleasesVersionsOneByOne) {
  const std::vector<Hash> first = {hash_of("a")};
  const std::vector<Hash> second = {hash_of("a"), hash_of("b")};
  const CatalogueReleased one{1, catalogue_hash(first), first};
  const CatalogueReleased two{2, catalogue_hash(second), second};
  EXPECT_THAT(given({}).when(release(first)).events, ElementsAre(Event{one}));
  EXPECT_THAT(given({one}).when(release(second)).events, ElementsAre(Event{two}));
  EXPECT_THAT(given({one, two}).when(release(first)).events, ElementsAre(Event{CatalogueReleased{3, one.hash, first}}));
}

TEST(CatalogueDecider, ChangesNothingWhenTheCatalogueIsInForceAlready) {
  const std::vector<Hash> parts = {hash_of("a")};
  EXPECT_EQ(given({CatalogueReleased{4, catalogue_hash(parts), parts}}).when(release(parts)), Decision<Event>{});
}

TEST(CatalogueDecider, RefusesAReleaseOfNoneTooManyOrDoubledParts) {
  EXPECT_EQ(given({}).when(release({})).refusal->reason, "CATALOGUE_PARTS");
  EXPECT_EQ(given({}).when(release({hash_of("a"), hash_of("a")})).refusal->reason, "CATALOGUE_PARTS");
  std::vector<Hash> many;
  for (std::size_t i = 0; i <= kPartsMax; ++i) many.push_back(hash_of(std::to_string(i)));
  EXPECT_EQ(given({}).when(release(many)).refusal->reason, "CATALOGUE_PARTS");
}

TEST(CatalogueDecider, RefusesACommandSentToAnotherEntry) {
  FixedContext elsewhere(part_entry(hash_of("other")));
  EXPECT_EQ(Decider::decide(elsewhere, nullptr, State{}, draft("part")).refusal->reason, "CATALOGUE_ENTRY_MISMATCH");
  EXPECT_EQ(Decider::decide(elsewhere, nullptr, State{}, release({hash_of("a")})).refusal->reason,
            "CATALOGUE_ENTRY_MISMATCH");
}

/// The table between the marks of the README.
std::string table_of_readme() {
  std::ifstream stream(std::filesystem::path(LIENTHONG_SOURCE_DIR) / "services/catalogue/README.md");
  std::ostringstream text;
  text << stream.rdbuf();
  const std::string all = text.str();
  const std::string begin = "<!-- states:begin -->\n";
  const auto from = all.find(begin) + begin.size();
  return all.substr(from, all.find("<!-- states:end -->") - from);
}

std::string state_name(const State& state) {
  return std::visit(Overloaded{[](const NothingYet&) { return "NothingYet"; }, [](const Part&) { return "Part"; },
                               [](const Release&) { return "Release"; }},
                    state);
}
std::string event_name(const Event& event) {
  return std::visit(Overloaded{[](const PartDrafted&) { return "PartDrafted"; },
                               [](const CatalogueReleased&) { return "CatalogueReleased"; }},
                    event);
}

TEST(CatalogueDecider, DoesWhatTheTableOfTheReadmeSays) {
  const std::vector<Hash> parts = {hash_of("a"), hash_of("b")};
  const std::vector<Cause> commands = {draft("part"), release(parts)};
  const std::vector<std::pair<State, std::optional<DossierId>>> states = {
      {NothingYet{}, std::nullopt},
      {Part{hash_of("part")}, part_entry(hash_of("part"))},
      {Release{1, hash_of("old"), 1}, catalogue_entry()}};
  std::string table = "| state | DraftPart | ReleaseCatalogue |\n|---|---|---|\n";
  for (const auto& [state, entry] : states) {
    table += "| " + state_name(state);
    for (const auto& command : commands) {
      FixedContext context(entry.value_or(std::visit([](const auto& c) { return c.entry; }, command)));
      const auto decision = Decider::decide(context, nullptr, state, command);
      std::string done = decision.refusal ? decision.refusal->reason : "";
      State after = state;
      for (const auto& event : decision.events) {
        done += event_name(event);
        Decider::evolve(after, event);
      }
      table += " | " + (done.empty() ? "no event" : done) + " → " + state_name(after);
    }
    table += " |\n";
  }
  EXPECT_EQ(table_of_readme(), table);
}

TEST(CatalogueCodec, BringsEveryEventBack) {
  const std::vector<Event> events = {CatalogueReleased{3, hash_of("all"), {hash_of("a"), hash_of("b")}},
                                     PartDrafted{hash_of("part"), "part"}};
  for (const auto& event : events) {
    wire::Event encoded;
    ReleaseCodec::encode_event(event, encoded);
    EXPECT_EQ(*ReleaseCodec::decode_event(encoded), event);
    encoded.set_payload("\xff");
    EXPECT_FALSE(ReleaseCodec::decode_event(encoded).has_value());
  }
  wire::Event unknown;
  unknown.set_type(63);
  EXPECT_FALSE(ReleaseCodec::decode_event(unknown).has_value());
}

TEST(CatalogueCodec, BringsEveryStateBack) {
  for (const State& state : {State{NothingYet{}}, State{Part{hash_of("part")}}, State{Release{7, hash_of("all"), 2}}}) {
    EXPECT_EQ(*ReleaseCodec::decode_state(ReleaseCodec::encode_state(state)), state);
  }
}

TEST(CatalogueCodec, ReadsCommandsAndTheirEntries) {
  const auto part = split(demonstration())->front();
  const auto decoded = ReleaseCodec::decode_cause(command(kDraftPartCommand, encode_draft_part(part.bytes)));
  EXPECT_EQ(*decoded, (Cause{DraftPart{part_entry(part.hash), part.hash, part.bytes}}));
  const std::vector<Hash> parts = {part.hash};
  EXPECT_EQ(*ReleaseCodec::decode_cause(command(kReleaseCatalogueCommand, encode_release(parts))), (Cause{release(parts)}));
}

TEST(CatalogueCodec, RefusesCausesThatAreNone) {
  EXPECT_FALSE(ReleaseCodec::decode_cause(ledger::TimerCause{}).has_value());
  EXPECT_FALSE(ReleaseCodec::decode_cause(command(99, "")).has_value());
  EXPECT_FALSE(ReleaseCodec::decode_cause(command(kDraftPartCommand, encode_draft_part("\xff"))).has_value());
  EXPECT_FALSE(ReleaseCodec::decode_cause(command(kReleaseCatalogueCommand, "\x0a\x01x")).has_value());
}

TEST(CatalogueContentsCodec, BringsTheDemonstrationBack) {
  const auto contents = demonstration();
  EXPECT_EQ(*decode_contents(encode_contents(contents)), contents);
}

TEST(CatalogueContentsCodec, BringsAPausedIntakeBackThroughTheLedgersParts) {
  auto contents = demonstration();
  contents.intake_pauses = {{contents.agencies.front().code, "SYSTEM_UPGRADE", {1'772'000'000'000'000}}};
  const auto parts = *split(contents);
  std::vector<std::string_view> bytes;
  for (const auto& part : parts) bytes.emplace_back(part.bytes);
  EXPECT_EQ(*merge(bytes), contents);
  const auto catalogue = *shared_kernel::Catalogue::make(1, contents);
  EXPECT_TRUE(catalogue->intake_paused(contents.agencies.front().code));
  EXPECT_FALSE(catalogue->intake_paused(contents.agencies.back().code));
  EXPECT_FALSE(has_error(check(contents)));
}

TEST(CatalogueCheck, RefusesAPauseOfNobodyATwofoldOneAndOneWithoutReason) {
  const auto good = shared_kernel::IntakePause{demonstration().agencies.front().code, "SYSTEM_UPGRADE", {1}};
  for (const auto& pauses : std::vector<std::vector<shared_kernel::IntakePause>>{
           {{"NOBODY", "SYSTEM_UPGRADE", {1}}}, {good, good}, {{good.agency, "", {1}}}, {{good.agency, "X", {0}}}}) {
    auto contents = demonstration();
    contents.intake_pauses = pauses;
    EXPECT_TRUE(has_error(check(contents)));
  }
}

TEST(CatalogueContentsCodec, RefusesWhatNoCatalogueCanHold) {
  const auto broken = [](auto change) {
    auto message = encode_contents(demonstration());
    change(message);
    return decode_contents(message).has_value();
  };
  EXPECT_TRUE(broken([](auto&) {}));
  EXPECT_FALSE(broken([](auto& m) { m.mutable_procedures(0)->mutable_versions(0)->clear_total(); }));
  EXPECT_FALSE(broken([](auto& m) { m.mutable_procedures(0)->mutable_versions(0)->mutable_legs(0)->clear_limit(); }));
  EXPECT_FALSE(broken([](auto& m) { m.mutable_procedures(0)->mutable_versions(0)->clear_clock(); }));
  EXPECT_FALSE(broken([](auto& m) { m.mutable_procedures(0)->mutable_versions(0)->clear_practice(); }));
  EXPECT_FALSE(broken([](auto& m) { m.mutable_calendars(0)->mutable_weekly()->RemoveLast(); }));
  EXPECT_FALSE(
      broken([](auto& m) { m.mutable_calendars(0)->mutable_weekly(0)->mutable_intervals(0)->set_close_minute(1441); }));
  EXPECT_FALSE(broken([](auto& m) { m.mutable_agencies(0)->mutable_desks(0)->set_key("lower"); }));
  EXPECT_FALSE(broken([](auto& m) { m.mutable_principals(0)->mutable_grants(0)->set_any_agency(false); }));
  EXPECT_FALSE(broken([](auto& m) { m.mutable_principals(0)->mutable_grants(0)->add_procedures("2.002622"); }));
  EXPECT_FALSE(broken([](auto& m) { m.mutable_principals(0)->mutable_grants(0)->add_actions("everything"); }));
}

TEST(CatalogueParts, OfALargeCatalogueAreCutBetweenEntitiesAndMergeToTheSame) {
  auto contents = demonstration();
  const auto agency = contents.agencies.back();
  for (int i = 0; i < 3000; ++i) {
    contents.agencies.push_back(agency);
    contents.agencies.back().code = "Z" + std::to_string(i);
  }
  const auto parts = *split(contents);
  EXPECT_GT(parts.size(), 5U);
  std::vector<std::string_view> bytes;
  for (const auto& part : parts) {
    EXPECT_LE(part.bytes.size(), kPartBytesMax);
    EXPECT_EQ(part.hash, part_hash(part.bytes));
    bytes.emplace_back(part.bytes);
  }
  EXPECT_EQ(*merge(bytes), contents);
}

TEST(CatalogueParts, OfTheDemonstrationAreOne) { EXPECT_EQ(split(demonstration())->size(), 1U); }

TEST(CatalogueParts, OfTheSameCatalogueAreTheSame) {
  const auto a = *split(demonstration());
  const auto b = *split(demonstration());
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].bytes, b[i].bytes);
}

TEST(CatalogueParts, CanNotHoldAnEntityLargerThanAPart) {
  auto contents = demonstration();
  contents.agencies.back().name.vi = std::string(kPartBytesMax, 'x');
  EXPECT_FALSE(split(contents).has_value());
}

/// Writes blocks as a lane would.
class Ledger {
 public:
  Ledger() {
    wire::Genesis genesis;
    genesis.set_ledger_id(std::string(16, 'L'));
    genesis.set_topic(kPartition.topic());
    genesis.set_partition_count(1);
    blocks_.push_back(*block::parse(kPartition, block::genesis(genesis, Instant{1})));
  }

  block::BlockPtr make(const std::vector<std::vector<Event>>& leaves) const {
    block::Header header;
    header.ledger_id = *LedgerId::from(std::string(16, 'L'));
    header.block_seq = blocks_.back()->header().block_seq + 1;
    header.prev = blocks_.back()->hash();
    wire::Core core;
    core.set_kind(wire::Core::KIND_NORMAL);
    core.set_decided_at(1000 + static_cast<std::int64_t>(header.block_seq));
    std::vector<std::string> encoded;
    for (const auto& events : leaves) {
      wire::Leaf leaf;
      std::uint64_t mask = 0;
      for (const auto& event : events) {
        ReleaseCodec::encode_event(event, *leaf.add_events());
        mask |= mask_of(leaf.events(leaf.events_size() - 1).type());
      }
      core.add_leaf_events(mask);
      encoded.push_back(block::encode_message(leaf));
    }
    return *block::parse(kPartition, block::encode(header, core, encoded));
  }
  block::BlockPtr append(const std::vector<std::vector<Event>>& leaves) {
    blocks_.push_back(make(leaves));
    return blocks_.back();
  }
  /// One decision per part and one release, in one block.
  block::BlockPtr append_release(std::uint64_t version, const CatalogueContents& contents) {
    std::vector<std::vector<Event>> leaves;
    std::vector<Hash> hashes;
    const auto parts = *split(contents);
    for (const auto& part : parts) {
      leaves.push_back({PartDrafted{part.hash, part.bytes}});
      hashes.push_back(part.hash);
    }
    leaves.push_back({CatalogueReleased{version, catalogue_hash(hashes), hashes}});
    return append(leaves);
  }
  const std::vector<block::BlockPtr>& blocks() const { return blocks_; }
  static inline const LedgerPartition kPartition{"catalogue", 0};

 private:
  std::vector<block::BlockPtr> blocks_;
};

class CatalogueStoreTest : public ::testing::Test {
 protected:
  using Outcome = CatalogueStore::Outcome;
  Outcome fold(const block::BlockPtr& block) { return store_.fold(store_.next_offset(), block); }
  Outcome fold_all() {
    Outcome last = Outcome::kEffective;
    for (const auto& block : ledger_.blocks()) last = store_.fold(store_.next_offset(), block);
    return last;
  }
  Ledger ledger_;
  std::vector<std::string> alarms_;
  CatalogueStore store_{[this](const std::string& what) { alarms_.push_back(what); }};
};

TEST_F(CatalogueStoreTest, HasNoVersionBeforeTheFirstRelease) {
  EXPECT_FALSE(store_.head_seq().has_value());
  fold_all();
  EXPECT_FALSE(store_.latest().has_value());
  EXPECT_EQ(store_.catalogue(), nullptr);
  EXPECT_EQ(store_.head_seq(), 0U);
}

TEST_F(CatalogueStoreTest, KeepsEveryVersionAndFindsItByItsCursor) {
  const auto one = ledger_.append_release(1, with_title("one"));
  ledger_.append({});
  const auto two = ledger_.append_release(2, with_title("two"));
  EXPECT_EQ(fold_all(), Outcome::kEffective);
  EXPECT_THAT(alarms_, IsEmpty());
  const Cursor first{1, 1, static_cast<std::uint32_t>(one->leaf_count()), one->hash()};
  const Cursor second{3, 3, static_cast<std::uint32_t>(two->leaf_count()), two->hash()};
  EXPECT_EQ(store_.latest()->cursor, second);
  EXPECT_EQ(store_.latest()->version, 2U);
  EXPECT_EQ(store_.find(second)->version, 2U);
  ASSERT_TRUE(store_.find(first).has_value());
  EXPECT_EQ(dynamic_cast<const shared_kernel::Catalogue&>(*store_.find(first)->rules).contents().title.en, "one");
  EXPECT_EQ(store_.version(1)->released_at, Instant{1001});
  EXPECT_EQ(store_.versions().size(), 2U);
  EXPECT_EQ(store_.catalogue()->version(), 2U);
}

TEST_F(CatalogueStoreTest, FindsNothingAtACursorOfAnotherHistory) {
  const auto one = ledger_.append_release(1, with_title("one"));
  fold_all();
  Cursor cursor = store_.latest()->cursor;
  cursor.hash.bytes[0] = static_cast<std::uint8_t>(cursor.hash.bytes[0] ^ 1U);
  EXPECT_FALSE(store_.find(cursor).has_value());
  cursor = store_.latest()->cursor;
  cursor.index -= 1;
  EXPECT_FALSE(store_.find(cursor).has_value());
  cursor = store_.latest()->cursor;
  cursor.offset += 1;
  EXPECT_FALSE(store_.find(cursor).has_value());
}

TEST_F(CatalogueStoreTest, KeepsPartsForLaterReleases) {
  const auto parts = *split(with_title("one"));
  std::vector<Hash> hashes;
  for (const auto& part : parts) {
    ledger_.append({{PartDrafted{part.hash, part.bytes}}});
    hashes.push_back(part.hash);
  }
  ledger_.append({{CatalogueReleased{1, catalogue_hash(hashes), hashes}}});
  fold_all();
  EXPECT_EQ(store_.catalogue()->contents(), with_title("one"));
  EXPECT_EQ(store_.part(hashes.front()), parts.front().bytes);
  EXPECT_FALSE(store_.part(hash_of("other")).has_value());
}

TEST_F(CatalogueStoreTest, IgnoresDuplicatesRivalsAndASecondGenesis) {
  const auto rival = ledger_.make({{PartDrafted{hash_of("x"), "x"}}});
  ledger_.append_release(1, with_title("one"));
  fold_all();
  EXPECT_EQ(fold(rival), Outcome::kVoid);
  EXPECT_EQ(fold(ledger_.blocks()[1]), Outcome::kVoid);
  EXPECT_EQ(fold(ledger_.blocks()[0]), Outcome::kVoid);
  EXPECT_FALSE(store_.part(hash_of("x")).has_value());
  EXPECT_EQ(store_.fold(0, ledger_.blocks()[0]), Outcome::kVoid) << "an offset seen before";
  EXPECT_THAT(alarms_, IsEmpty());
  EXPECT_EQ(fold(ledger_.append_release(2, with_title("two"))), Outcome::kEffective);
}

TEST_F(CatalogueStoreTest, IgnoresAndReportsRecordsThatAreNotOfThisLedger) {
  fold_all();
  EXPECT_EQ(fold(nullptr), Outcome::kIgnored);
  block::Header header;
  header.ledger_id = *LedgerId::from(std::string(16, 'M'));
  header.block_seq = 1;
  const auto foreign = *block::parse(Ledger::kPartition, block::encode(header, {}, {}));
  EXPECT_EQ(fold(foreign), Outcome::kIgnored);
  EXPECT_THAT(alarms_, ElementsAre(HasSubstr("not of this ledger"), HasSubstr("not of this ledger")));
  EXPECT_EQ(fold(ledger_.append_release(1, with_title("one"))), Outcome::kEffective);
}

TEST_F(CatalogueStoreTest, EndsAtABrokenChain) {
  fold_all();
  ledger_.append({});
  const auto later = ledger_.append_release(1, with_title("one"));
  EXPECT_EQ(fold(later), Outcome::kFault);
  EXPECT_EQ(fold(ledger_.blocks()[1]), Outcome::kFault);
  EXPECT_FALSE(store_.latest().has_value());
  EXPECT_THAT(alarms_, ElementsAre(HasSubstr("the chain is broken")));
}

TEST_F(CatalogueStoreTest, EndsAtAMissingRecordAndAtAMissingGenesis) {
  EXPECT_EQ(store_.fold(1, ledger_.blocks()[0]), Outcome::kFault);
  CatalogueStore other;
  EXPECT_EQ(other.fold(0, ledger_.append({})), Outcome::kFault);
}

TEST_F(CatalogueStoreTest, StopsAtAFormatOfALaterRelease) {
  fold_all();
  block::Header header = ledger_.make({})->header();
  header.min_reader = block::kFormat + 1;
  EXPECT_EQ(fold(*block::parse(Ledger::kPartition, block::encode(header, {}, {}))), Outcome::kStopped);
  EXPECT_EQ(fold(ledger_.append({})), Outcome::kStopped);
  EXPECT_THAT(alarms_, ElementsAre(HasSubstr("later release")));
}

TEST_F(CatalogueStoreTest, ReportsReleasesThatCanNotBeInForce) {
  const auto parts = *split(with_title("one"));
  auto broken = with_title("broken");
  broken.agencies.push_back(broken.agencies[0]);
  const std::vector<Hash> missing = {hash_of("missing")};
  const std::vector<Hash> good = {parts.front().hash};
  ledger_.append({{CatalogueReleased{1, catalogue_hash(missing), missing}}});
  ledger_.append({{PartDrafted{hash_of("other"), "part"}}});
  ledger_.append({{PartDrafted{parts.front().hash, parts.front().bytes}}, {CatalogueReleased{2, hash_of("other"), good}}});
  ledger_.append_release(3, broken);
  EXPECT_EQ(fold_all(), Outcome::kEffective);
  EXPECT_THAT(alarms_, ElementsAre(HasSubstr("was never drafted"), HasSubstr("does not have the hash it names"),
                                   HasSubstr("its hash is not that of its parts"), HasSubstr("two entries for agency")));
  EXPECT_FALSE(store_.latest().has_value());
  EXPECT_EQ(fold(ledger_.append_release(4, with_title("one"))), Outcome::kEffective);
  EXPECT_EQ(store_.latest()->version, 4U);
}

TEST(CatalogueMachine, TakesNoInputsAndHasTheNameOfItsLedger) {
  const auto machine = make_catalogue_machine();
  EXPECT_EQ(machine->name(), "catalogue");
  EXPECT_THAT(machine->sources(), IsEmpty());
}

}  // namespace
}  // namespace lienthong::catalogue
