#include "notification/adapters/command_codec.h"
#include "notification/adapters/receipt_door.h"
#include "notification/core/decider.h"
#include "platform/base/encoding.h"
#include "platform/http/http_client.h"
#include "tests/support/child_process.h"
#include "tests/support/notice_samples.h"

#include <gmock/gmock.h>

#include <fstream>
#include <mutex>
#include <string>
#include <vector>

namespace lienthong::notification {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int64_t kNow = 1'764'000'000;
const std::string kKey = "07070707070707070707070707070707";

class StillClock final : public ports::Clock {
 public:
  Instant now() const override { return {kNow * 1'000'000}; }
  Instant steady() const override { return now(); }
  bool trusted() const override { return true; }
};

/// A lane with one dossier, and its list of notices that await a receipt.
class OneDossier final : public ledger::Gateway, public ports::Query {
 public:
  OneDossier() : given_(test_support::notification_state_sample()) {}
  std::uint32_t partition_count() const override { return 2; }
  void submit(std::uint32_t partition, ledger::CommandRequest request) override {
    const std::lock_guard lock(mutex_);
    ledger::Reply reply;
    auto command = decode_command(request.type, request.body);
    if (!away_.empty()) {
      reply.error = Error{ErrorCode::kUnavailable, away_, "", "", {}};
    } else if (partition != 1 || !command) {
      reply.error = Error{ErrorCode::kInternal, "INTERNAL", "", "", {}};
    } else {
      requests_.push_back(to_hex(request.request.view()));
      shared_kernel::CommandHeader header;
      header.principal = request.principal;
      const auto decision = given_.when(Command{header, command->body});
      if (decision.refusal) reply.error = decision.refusal;
    }
    request.reply(reply);
  }
  void read(std::uint32_t, ledger::ReadRequest) override {}
  void resume(std::uint32_t, ledger::ResumeRequest) override {}

  Result<ports::IndexPage> page(const ports::IndexQuery& query) override {
    const std::lock_guard lock(mutex_);
    ports::IndexPage out;
    if (query.partition.partition != 1) return out;
    for (const auto& entry : Decider::index_entries(given_.state())) {
      if (entry.index == query.index && entry.key == query.key)
        out.hits.push_back({entry.key, entry.score, {}, entry.suffix});
    }
    return out;
  }
  Result<std::uint64_t> count(const LedgerPartition&, const std::string&, const std::string&) override { return 0; }
  Result<ports::StoredValue> value(const LedgerPartition&, const DossierId&) override { return ports::StoredValue{}; }
  Result<std::vector<ports::StoredValue>> all_values(const LedgerPartition&) override {
    return std::vector<ports::StoredValue>{};
  }
  Result<std::vector<std::pair<DossierId, IndexEntry>>> all_entries(const LedgerPartition&) override {
    return std::vector<std::pair<DossierId, IndexEntry>>{};
  }
  Result<std::optional<ledger::v1::PartitionMeta>> meta(const LedgerPartition&) override {
    return std::optional<ledger::v1::PartitionMeta>();
  }

  Notice notice() {
    const std::lock_guard lock(mutex_);
    return given_.state().notices.front();
  }
  void be_away(const std::string& reason) {
    const std::lock_guard lock(mutex_);
    away_ = reason;
  }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  std::mutex mutex_;
  test_support::Given<Decider> given_;
  std::string away_;
  std::vector<std::string> requests_;
};

class Receipts : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(keys()) << "0123456789abcdef";
    http::DoorSettings settings;
    settings.address = "127.0.0.1:0";
    std::vector<http::Entrance> entrances;
    for (const std::string provider : {"sms-gateway", "other"}) {
      entrances.push_back({"/receipts/" + provider, {}, keys(), [this, provider](const auto& message, const auto& stopping) {
                             return taker_.take(provider, message, stopping);
                           }});
    }
    auto door = http::SignedDoor::open(settings, std::move(entrances), clock_);
    ASSERT_TRUE(door) << door.error().message_en;
    door_ = *std::move(door);
  }
  std::string keys() const { return directory_.path() + "/keys"; }
  http::Answer report(const std::string& body, const std::string& provider = "sms-gateway",
                      const std::string& key = "0123456789abcdef") {
    http::Request request;
    request.url = "http://127.0.0.1:" + std::to_string(door_->port()) + "/receipts/" + provider;
    request.headers = http::sign({}, {key}, "r1", clock_.now(), body);
    request.body = body;
    return http::send(request, stopping_);
  }

  test_support::TemporaryDirectory directory_;
  StillClock clock_;
  OneDossier lane_;
  ReceiptTaker taker_{{lane_, lane_, clock_, "all"}};
  std::atomic<bool> stopping_{false};
  std::unique_ptr<http::SignedDoor> door_;
};

TEST_F(Receipts, ADeliveryIsRecordedOnceHoweverOftenItIsReported) {
  const std::string body = R"({"id": ")" + kKey + R"(", "status": "delivered", "to": "+84905000000"})";
  EXPECT_EQ(report(body).status, 204);
  EXPECT_EQ(lane_.notice().phase, Phase::kDelivered);
  EXPECT_EQ(report(body).status, 204);
  ASSERT_THAT(lane_.requests(), SizeIs(2));
  EXPECT_EQ(lane_.requests()[0], lane_.requests()[1]) << "one request, which the ledger knows again";
}

TEST_F(Receipts, AFailureIsRecordedWithItsGround) {
  EXPECT_EQ(report(R"({"id": ")" + kKey + R"(", "status": "permanent-failure", "code": "PHONE_OFF"})").status, 204);
  EXPECT_EQ(lane_.notice().phase, Phase::kPermanentFailure);
  EXPECT_EQ(lane_.notice().reason_code, "PHONE_OFF");
}

TEST_F(Receipts, AGroundThatMayBeSomebodysIsNotKept) {
  for (const char* code : {R"("Nguyễn Văn A không nghe máy")", R"("0905000000")", "17", "null"}) {
    const auto read = read_receipt(R"({"id": ")" + kKey + R"(", "status": "permanent-failure", "code": )" + code + "}");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->reason_code, "") << code;
  }
}

TEST_F(Receipts, WhatIsNoReceiptChangesNothing) {
  const std::vector<std::string> bodies = {std::string(),
                                           std::string("[]"),
                                           std::string(R"({"status": "delivered"})"),
                                           R"({"id": ")" + kKey + R"("})",
                                           R"({"id": 7, "status": "delivered"})",
                                           R"({"id": "07", "status": "delivered"})",
                                           R"({"id": ")" + kKey + R"(", "status": "done"})",
                                           std::string("{\"id\": \"\xff\"}")};
  for (const auto& body : bodies) {
    EXPECT_EQ(report(body).status, 400) << body;
  }
  EXPECT_EQ(report(R"({"id": "00000000000000000000000000000000", "status": "delivered"})").body,
            R"({"reason":"NOTICE_NOT_FOUND"})");
  const std::string good = R"({"id": ")" + kKey + R"(", "status": "delivered"})";
  EXPECT_EQ(report(good, "other").status, 409) << "it was handed to another provider";
  EXPECT_EQ(report(good, "sms-gateway", "an unknown key, 16").status, 401);
  EXPECT_EQ(report(good, "nobody").status, 404);
  EXPECT_EQ(lane_.notice().phase, Phase::kPending);
}

TEST_F(Receipts, IsAskedForAgainWhereTheLaneIsAway) {
  lane_.be_away("NOT_OWNER");
  const std::string body = R"({"id": ")" + kKey + R"(", "status": "delivered"})";
  EXPECT_EQ(report(body).status, 503);
  lane_.be_away("");
  EXPECT_EQ(report(body).status, 204);
  EXPECT_EQ(lane_.notice().phase, Phase::kDelivered);
}

}  // namespace
}  // namespace lienthong::notification
