#include "intake/adapters/sqlite_key_store.h"
#include "platform/crypto/sha256.h"
#include "platform/memory/in_memory_projection.h"
#include "platform/rpc/stream_cursor.h"
#include "shared_kernel/api/reads.h"
#include "tests/support/child_process.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace lienthong {
namespace {

namespace api_v1 = ::lienthong::api::v1;
using rpc::decode_cursor;
using rpc::encode_cursor;
using rpc::StreamCursor;

class NoSink final : public ports::ProjectionSink {
  void on_projection(ports::ProjectionMessage) override {}
};

DossierId dossier(int n) { return *DossierId::from(crypto::sha256({std::to_string(n)}).view().substr(0, 16)); }

/// 37 dossiers in two partitions, two buckets of one list, several with the same score.
class ApiListsTest : public ::testing::Test {
 protected:
  ApiListsTest() {
    NoSink sink;
    const auto projection = projection_.attach(sink);
    std::vector<ports::ApplyBatch> batches(2);
    for (int i = 0; i < kDossiers; ++i) {
      ::lienthong::ledger::v1::DossierValue value;
      value.set_dossier_seq(1);
      value.set_state(std::to_string(i));
      batches[static_cast<std::size_t>(i % 2)].changes.push_back(
          {{dossier(i), 1, value.SerializeAsString()}, {{"status", i % 3 == 0 ? "x/1" : "x/2", i / 4, ""}}});
    }
    for (std::uint32_t p = 0; p < 2; ++p) {
      batches[p].meta.set_watermark(2);
      batches[p].meta.set_head_seq(7 + p);
      batches[p].meta.set_genesis_hash(std::string(32, 'g'));
      projection->apply({"intake", p}, 0, batches[p], p);
    }
  }
  shared_kernel::api::ListQuery all(bool descending) const {
    shared_kernel::api::ListQuery wanted{"intake", 2, "status", {"x/1", "x/2"}};
    wanted.descending = descending;
    return wanted;
  }
  static constexpr int kDossiers = 37;
  memory::InMemoryProjection projection_;
};

TEST_F(ApiListsTest, PagesThroughAllPartitionsInOrderWithoutGapOrRepetition) {
  for (const bool descending : {false, true}) {
    api_v1::PageRequest request;
    request.set_page_size(5);
    std::set<std::string> seen;
    std::vector<std::int64_t> scores;
    do {
      const auto page = shared_kernel::api::list(projection_, all(descending), request);
      ASSERT_TRUE(page) << page.error().message_en;
      EXPECT_EQ(page->totals.size(), scores.empty() ? 2U : 0U);
      EXPECT_EQ(page->page.positions(1).block_seq(), 8U);
      for (const auto& entry : page->entries) {
        EXPECT_TRUE(seen.insert(entry.value.state()).second);
        scores.push_back(entry.hit.score);
      }
      request.set_page_token(page->page.next_page_token());
    } while (!request.page_token().empty());
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(kDossiers));
    if (descending) std::reverse(scores.begin(), scores.end());
    EXPECT_TRUE(std::is_sorted(scores.begin(), scores.end()));
  }
}

TEST_F(ApiListsTest, KeepsToTheRangeOfTime) {
  for (const bool descending : {false, true}) {
    auto wanted = all(descending);
    wanted.from_score = 3;
    wanted.until_score = 5;
    const auto page = shared_kernel::api::list(projection_, wanted, {});
    ASSERT_TRUE(page);
    EXPECT_EQ(page->entries.size(), 8U);
    for (const auto& entry : page->entries) {
      EXPECT_GE(entry.hit.score, 3);
      EXPECT_LT(entry.hit.score, 5);
    }
  }
}

TEST_F(ApiListsTest, RefusesATokenOfAnotherListAndAPageThatIsTooLarge) {
  api_v1::PageRequest request;
  request.set_page_size(5);
  request.set_page_token(shared_kernel::api::list(projection_, all(false), request)->page.next_page_token());
  EXPECT_EQ(shared_kernel::api::list(projection_, all(true), request).error().reason, "PAGE_TOKEN_INVALID");
  request.set_page_token("zz");
  EXPECT_EQ(shared_kernel::api::list(projection_, all(false), request).error().reason, "PAGE_TOKEN_INVALID");
  request.clear_page_token();
  request.set_page_size(201);
  EXPECT_EQ(shared_kernel::api::list(projection_, all(false), request).error().reason, "INVALID_FIELD");
}

TEST(StreamCursorForm, ReadsWhatItWroteInAtMostTwentyBytesAPartition) {
  const StreamCursor cursor = {{0, 1, 0, 0}, {4'000'000'000, 4'000'000'000, 999, 0xDEADBEEF}};
  const auto bytes = encode_cursor(cursor);
  EXPECT_LE(bytes.size(), 1 + 20 * cursor.size());
  EXPECT_EQ(*decode_cursor(bytes), cursor);
}

TEST(StreamCursorForm, RefusesEveryCutAndForeignBytes) {
  const auto bytes = encode_cursor({{7, 5, 300, 1}});
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_cursor(bytes.substr(0, size))) << size;
  EXPECT_EQ(decode_cursor("\x02whatever").error().reason, "CURSOR_INVALID");
  EXPECT_FALSE(decode_cursor("\x01" + std::string(40, '\xFF')));
}

TEST(SqliteKeyStore, FindsItsKeysAgainAndForgetsErasedOnesForGood) {
  const test_support::TemporaryDirectory directory;
  const auto path = directory.path() + "/keys.db";
  const auto encryption_key = crypto::random_key();
  std::vector<intake::ContentKey> taken;
  {
    auto store = intake::SqliteKeyStore::open({path, 8, 4}, encryption_key);
    ASSERT_TRUE(store);
    while (taken.size() < 40) {
      if (auto key = (*store)->take()) {
        taken.push_back(*key);
      } else {
        EXPECT_EQ(key.error().code, ErrorCode::kUnavailable);
        std::this_thread::yield();
      }
    }
    EXPECT_TRUE((*store)->erase({taken[3].ref, taken[39].ref}));
    EXPECT_EQ((*store)->find(taken[39].ref).error().reason, "PERSONAL_DATA_ERASED");
  }
  auto store = intake::SqliteKeyStore::open({path, 8, 4}, encryption_key);
  ASSERT_TRUE(store);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const auto key = (*store)->find(taken[i].ref);
    if (i == 3 || i == 39) {
      EXPECT_EQ(key.error().reason, "PERSONAL_DATA_ERASED");
    } else {
      EXPECT_EQ(*key, taken[i].key);
    }
  }
  auto other = intake::SqliteKeyStore::open({path, 8, 4}, crypto::random_key());
  EXPECT_EQ((*other)->find(taken[0].ref).error().reason, "SEAL_BROKEN");
}

}  // namespace
}  // namespace lienthong
