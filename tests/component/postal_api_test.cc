#include "postal_dispatch/adapters/postal_api.h"

#include "lienthong/postal/v1/postal_service.grpc.pb.h"
#include "platform/crypto/sha256.h"
#include "platform/ledger/effect_runner.h"
#include "platform/ledger/host.h"
#include "platform/memory/in_memory_log.h"
#include "platform/memory/in_memory_projection.h"
#include "platform/observe/system_clock.h"
#include "platform/observe/system_entropy.h"
#include "platform/ports/installation.h"
#include "platform/rpc/client.h"
#include "platform/rpc/read_pool.h"
#include "platform/rpc/server.h"
#include "platform/rpc/status.h"
#include "platform/sqlite/sole_ownership.h"
#include "postal_dispatch/adapters/carriers_yaml.h"
#include "postal_dispatch/adapters/machine_codec.h"
#include "postal_dispatch/adapters/teller.h"
#include "tests/support/child_process.h"
#include "tests/support/small_catalogue.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

/// Postal-dispatch as its clients see it: real lanes, interface and tellings between lanes; log and projection in memory.
namespace lienthong {
namespace {

namespace v1 = ::lienthong::postal::v1;
using postal_dispatch::Bundle;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::uint32_t kPartitions = 2;
constexpr const char* kCarriers = R"(
carrier: one
name: Một
tables:
  - version: 1
    valid_from: 2024-01-01
    codes: {A: POSTED, D: DELIVERED, K: COD_COLLECTED, X: IN_TRANSIT}
numbers:
  - {home: C01, for: items, service: RR, from: 1, to: 99}
  - {home: C01, for: bags, service: BG, from: 1, to: 2}
  - {home: PROVINCE, for: bags, service: BG, from: 3, to: 9}
)";

class NoSink final : public ports::LogSink {
  void on_log(ports::LogMessage) override {}
};

class OneRelease final : public ledger::RulesStore {
 public:
  OneRelease() {
    version_.cursor = {1, 1, 1, crypto::sha256({"catalogue"})};
    version_.version = 1;
    version_.rules = test_support::small_catalogue();
  }
  std::optional<ledger::RulesVersion> latest() const override { return version_; }
  std::optional<ledger::RulesVersion> find(const Cursor& cursor) const override {
    return cursor == version_.cursor ? std::optional(version_) : std::nullopt;
  }

 private:
  ledger::RulesVersion version_;
};

bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

class PostalApiTest : public ::testing::Test {
 protected:
  PostalApiTest() {
    make_ledgers();
    ledger::HostPorts ports{
        log_,
        projection_,
        clock_,
        [] { return std::make_unique<observe::SystemEntropy>(); },
        [](const LedgerName&, std::uint32_t count, ports::OwnershipSink& sink) -> Result<std::unique_ptr<ports::Ownership>> {
          return std::make_unique<sqlite::SoleOwnership>(sink, count);
        },
        [](const LedgerPartition& partition, std::string_view what, std::string_view detail) {
          std::cerr << partition.topic() << ' ' << what << ' ' << detail << '\n';
        }};
    ledger::HostSettings settings;
    settings.suspect_dir = directory_.path();
    host_ = *ledger::Host::start(std::move(ports), settings, {{postal_dispatch::make_machine(), kPartitions, &rules_}});
    auto& gateway = host_->gateway("postal-dispatch");
    teller_ = std::make_unique<postal_dispatch::Teller>(gateway, "all");
    effects_ = std::make_unique<ledger::EffectRunner>(
        std::vector<ledger::EffectRunner::Line>{
            {static_cast<std::uint32_t>(postal_dispatch::IntentType::kTell), 2,
             [this](const auto& call, const auto& stopping) { return teller_->tell(call, stopping); }}},
        [this](const auto& partition, auto report) { host_->report(partition, std::move(report)); },
        [](const ledger::EffectCall&) {});
    host_->carry_out("postal-dispatch", *effects_);
    EXPECT_TRUE(host_->join());
    EXPECT_TRUE(eventually([&] { return host_->serving(); }));
    carriers_ = *postal_dispatch::Carriers::make({*postal_dispatch::parse_carrier(kCarriers)});
    api_ = std::make_unique<postal_dispatch::PostalApi>(
        postal_dispatch::PostalApiParts{gateway, projection_, clock_, rules_, reads_, carriers_,
                                        [](const std::string&, auto done) {
                                          done(shared_kernel::api::ContentKey{"key-1", kSealing});
                                        },
                                        kDigest});
    server_ = *rpc::Server::start({}, api_->services());
    server_->set_serving(true);
    stub_ = v1::PostalService::NewStub(server_->in_process_channel());
  }
  ~PostalApiTest() override {
    server_.reset();
    effects_->stop();
    host_->stop();
  }

  void make_ledgers() {
    const ports::Installation installation{
        {{"postal-dispatch", kPartitions}, {"intake", kPartitions}, {"routing", kPartitions}, {"catalogue", 1}}, 1, 1};
    observe::SystemEntropy entropy;
    NoSink sink;
    const auto attachment = log_.attach(sink);
    for (const auto& plan : installation.ledgers) {
      for (std::uint32_t p = 0; p < plan.partition_count; ++p)
        attachment->append({plan.ledger, p},
                           ports::make_genesis(installation, {plan.ledger, p}, plan.partition_count, "", entropy, {1}),
                           p + 1);
    }
  }

  /// The reason of the refusal; empty when it was done.
  template <class Request, class Reply>
  std::string call(grpc::Status (v1::PostalService::Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
                   const Request& request, Reply& reply, const std::string& caller = "all") {
    for (int attempt = 0;; ++attempt) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
      rpc::name_caller(context, caller);
      reply.Clear();
      const auto status = ((*stub_).*method)(&context, request, &reply);
      if (status.ok()) return "";
      if (status.error_code() != grpc::StatusCode::UNAVAILABLE || attempt == 100) return rpc::to_error(status).reason;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  std::string uuid() {
    RequestId id;
    id.bytes[6] = 0x40;
    id.bytes[15] = static_cast<std::uint8_t>(++requests_);
    return shared_kernel::format_uuid(id);
  }
  static std::string dossier(const std::string& home, std::uint8_t number) {
    shared_kernel::DossierName name{*shared_kernel::HomeKey::parse(home), {}};
    name.id.bytes[0] = number;
    return shared_kernel::format_dossier_name(name);
  }
  google::protobuf::Timestamp seconds_from_now(int seconds) const {
    google::protobuf::Timestamp at;
    at.set_seconds(clock_.now().micros / 1'000'000 + seconds);
    return at;
  }

  v1::GetPaperResponse paper_of(const std::string& id) {
    v1::GetPaperRequest request;
    request.set_dossier_id(id);
    v1::GetPaperResponse reply;
    call(&v1::PostalService::Stub::GetPaper, request, reply);
    return reply;
  }
  bool paper_is(const std::string& id, v1::PaperPlace place) {
    const auto reply = paper_of(id);
    return reply.papers_size() > 0 && reply.papers(0).place() == place;
  }
  v1::BagLine line(const std::string& id, std::uint32_t count) {
    v1::BagLine out;
    out.set_dossier_id(id);
    out.set_bundle(v1::BUNDLE_DOSSIER);
    auto& paper = *out.add_papers();
    paper.set_code("DON");
    paper.set_count(count);
    return out;
  }
  v1::CreateBagRequest bag_request(const std::vector<v1::BagLine>& lines) {
    v1::CreateBagRequest request;
    request.mutable_header()->set_request_id("C01_" + uuid());
    request.set_home_key("C01");
    request.set_destination("DISTRICT");
    request.set_carrier("one");
    for (const auto& one : lines) *request.add_lines() = one;
    return request;
  }
  v1::ShipmentView ordered(const std::string& id, std::int64_t cod = 0) {
    v1::OrderShipmentRequest request;
    request.mutable_header()->set_request_id(uuid());
    request.set_dossier_id(id);
    request.set_kind(v1::SHIPMENT_KIND_RESULT);
    request.set_carrier("one");
    request.set_cod_amount(cod);
    request.mutable_address()->set_name("canary-name");
    request.mutable_address()->set_line("canary-line");
    request.mutable_address()->set_province("H47");
    v1::OrderShipmentResponse reply;
    EXPECT_EQ(call(&v1::PostalService::Stub::OrderShipment, request, reply), "");
    return reply.shipment();
  }
  v1::Scan scan(const std::string& item, const std::string& code, int seconds = 0) const {
    v1::Scan out;
    out.set_carrier("one");
    out.set_item(item);
    out.set_raw_code(code);
    *out.mutable_scan_time() = seconds_from_now(seconds);
    return out;
  }
  /// What became of each: the failure's reason, or empty.
  std::vector<std::string> record(const std::vector<v1::Scan>& scans, v1::RecordScansResponse& reply) {
    v1::RecordScansRequest request;
    for (const auto& one : scans) *request.add_scans() = one;
    EXPECT_EQ(call(&v1::PostalService::Stub::RecordScans, request, reply), "");
    std::vector<std::string> out;
    for (const auto& result : reply.results()) out.push_back(result.has_failure() ? result.failure().reason() : "");
    return out;
  }

  inline static const crypto::Key kSealing = crypto::random_key();
  inline static const crypto::Key kDigest = crypto::random_key();
  test_support::TemporaryDirectory directory_;
  memory::InMemoryLog log_;
  memory::InMemoryProjection projection_;
  observe::SystemClock clock_;
  OneRelease rules_;
  rpc::ReadPool reads_{2, 1000};
  std::unique_ptr<ledger::Host> host_;
  std::unique_ptr<postal_dispatch::Teller> teller_;
  std::unique_ptr<ledger::EffectRunner> effects_;
  postal_dispatch::Carriers carriers_;
  std::unique_ptr<postal_dispatch::PostalApi> api_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<v1::PostalService::Stub> stub_;
  int requests_ = 0;
};

TEST_F(PostalApiTest, TellsTheDossiersOfABagInTheirLanes) {
  const auto here = dossier("C01", 1);
  const auto there = dossier("D01", 2);
  v1::CreateBagResponse created;
  const auto request = bag_request({line(here, 2), line(there, 1)});
  ASSERT_EQ(call(&v1::PostalService::Stub::CreateBag, request, created), "");
  EXPECT_EQ(created.bag().shipment().item(), "BG000000014VN");
  ASSERT_EQ(call(&v1::PostalService::Stub::CreateBag, request, created), "");
  EXPECT_TRUE(created.result().replayed()) << "the same request makes one bag";

  v1::SealBagRequest seal;
  seal.mutable_header()->set_request_id(uuid());
  seal.set_bag_id(created.bag().bag_id());
  seal.set_seal("N-77");
  v1::SealBagResponse sealed;
  ASSERT_EQ(call(&v1::PostalService::Stub::SealBag, seal, sealed, "desk"), "");
  for (const auto& id : {here, there}) EXPECT_TRUE(eventually([&] { return paper_is(id, v1::PAPER_PLACE_BAG); })) << id;

  v1::OpenBagRequest open;
  open.mutable_header()->set_request_id(uuid());
  open.set_bag_id(created.bag().bag_id());
  open.set_seal("N-77");
  *open.add_found() = line(here, 1);
  v1::OpenBagResponse opened;
  EXPECT_EQ(call(&v1::PostalService::Stub::OpenBag, open, opened, "desk"), "BAG_NOT_FOUND")
      << "the sender does not receive it";
  ASSERT_EQ(call(&v1::PostalService::Stub::OpenBag, open, opened, "elsewhere"), "");
  EXPECT_THAT(opened.bag().differences(), SizeIs(2));
  open.mutable_header()->set_request_id(uuid());
  EXPECT_EQ(call(&v1::PostalService::Stub::OpenBag, open, opened, "elsewhere"), "BAG_ALREADY_OPENED");
  EXPECT_TRUE(eventually([&] { return paper_is(here, v1::PAPER_PLACE_AGENCY); }));
  EXPECT_TRUE(eventually([&] { return paper_is(there, v1::PAPER_PLACE_MISSING); }));
  const auto told = paper_of(here);
  ASSERT_EQ(told.bags_size(), 2) << "sealed and received, each once";
  EXPECT_EQ(told.bags(1).missing(0).count(), 1U);
}

TEST_F(PostalApiTest, ABagComesBackFromAnAgencyWithoutADesk) {
  const auto id = dossier("C01", 1);
  auto request = bag_request({line(id, 2)});
  request.mutable_header()->set_request_id("PROVINCE_" + uuid());
  request.set_home_key("PROVINCE");
  request.set_destination("COMMUNE");
  v1::CreateBagResponse created;
  ASSERT_EQ(call(&v1::PostalService::Stub::CreateBag, request, created), "");
  EXPECT_EQ(created.bag().sender(), "PROVINCE");
  EXPECT_EQ(created.bag().shipment().item(), "BG000000031VN");
  v1::SealBagRequest seal;
  seal.mutable_header()->set_request_id(uuid());
  seal.set_bag_id(created.bag().bag_id());
  seal.set_seal("N-78");
  v1::SealBagResponse sealed;
  ASSERT_EQ(call(&v1::PostalService::Stub::SealBag, seal, sealed), "");
  EXPECT_TRUE(eventually([&] { return paper_is(id, v1::PAPER_PLACE_BAG); }));
  request.mutable_header()->set_request_id("DISTRICT_" + uuid());
  request.set_home_key("DISTRICT");
  EXPECT_EQ(call(&v1::PostalService::Stub::CreateBag, request, created), "NUMBER_RANGE_MISSING");
}

TEST_F(PostalApiTest, PrintsAManifestWithItsCode) {
  v1::CreateBagResponse created;
  ASSERT_EQ(call(&v1::PostalService::Stub::CreateBag, bag_request({line(dossier("C01", 1), 2)}), created), "");
  v1::GetBagRequest get;
  get.set_bag_id(created.bag().bag_id());
  v1::GetBagResponse got;
  ASSERT_EQ(call(&v1::PostalService::Stub::GetBag, get, got), "");
  EXPECT_THAT(got.manifest_text(), HasSubstr("BẢNG KÊ TÚI HỒ SƠ"));
  EXPECT_THAT(got.manifest_text(), HasSubstr("DON x 2"));
  EXPECT_THAT(got.manifest_text(), HasSubstr("█"));
  const auto json = nlohmann::json::parse(got.manifest_json());
  EXPECT_EQ(json["lines"][0]["papers"]["DON"], 2);
  EXPECT_THAT(json["qr"]["text"].get<std::string>(), HasSubstr("BG000000014VN/"));
  // Finder pattern of ISO/IEC 18004 in the upper left corner.
  EXPECT_EQ(json["qr"]["rows"][0].get<std::string>().substr(0, 7), "1111111");
  EXPECT_EQ(json["qr"]["rows"][1].get<std::string>().substr(0, 7), "1000001");
  EXPECT_EQ(call(&v1::PostalService::Stub::GetBag, get, got, "reader"), "BAG_NOT_FOUND");
}

TEST_F(PostalApiTest, RefusesABagByName) {
  v1::CreateBagResponse created;
  const auto twice = line(dossier("C01", 1), 2);
  EXPECT_EQ(call(&v1::PostalService::Stub::CreateBag, bag_request({twice, twice}), created), "DOSSIER_LISTED_TWICE");
  auto strange = bag_request({twice});
  strange.set_carrier("nobody");
  EXPECT_EQ(call(&v1::PostalService::Stub::CreateBag, strange, created), "CARRIER_UNKNOWN");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(call(&v1::PostalService::Stub::CreateBag, bag_request({twice}), created), "");
  EXPECT_EQ(call(&v1::PostalService::Stub::CreateBag, bag_request({twice}), created), "NUMBER_RANGE_EXHAUSTED");
}

TEST_F(PostalApiTest, TakesScansOnceAndNamesWhatIsWrongWithOthers) {
  const auto id = dossier("C01", 3);
  const auto shipment = ordered(id);
  EXPECT_EQ(shipment.item(), "RR000000014VN");
  // The index by item number is behind by a moment.
  v1::RecordScansResponse reply;
  const auto posted = scan(shipment.item(), "A");
  ASSERT_TRUE(eventually([&] { return record({posted}, reply) == std::vector<std::string>{""}; }));
  EXPECT_THAT(record({posted, scan(shipment.item(), "?"), scan("RR473124829VN", "A"), scan("RR473124820VN", "A"),
                      scan(shipment.item(), "X", 3600), scan(shipment.item(), "X", -3600)},
                     reply),
              ElementsAre("", "CARRIER_CODE_UNKNOWN", "ITEM_UNKNOWN", "ITEM_NUMBER_INVALID", "SCAN_FROM_FUTURE",
                          "SCAN_BEFORE_ORDER"));
  const auto paper = paper_of(id);
  ASSERT_EQ(paper.shipments_size(), 1);
  EXPECT_EQ(paper.shipments(0).timeline_size(), 2);
  EXPECT_EQ(paper.shipments(0).timeline(1).raw_code(), "A");
}

TEST_F(PostalApiTest, DeliversWithAProofAndKeepsThePersonSealed) {
  const auto id = dossier("C01", 4);
  const auto shipment = ordered(id);
  v1::RecordScansResponse reply;
  auto delivered = scan(shipment.item(), "D");
  ASSERT_TRUE(eventually([&] { return record({delivered}, reply) == std::vector<std::string>{""}; }));
  EXPECT_EQ(reply.results(0).shipment().stable(), v1::STABLE_STATE_PROOF_MISSING);
  v1::ListShipmentsRequest list;
  list.set_agency("COMMUNE");
  list.set_stable(v1::STABLE_STATE_PROOF_MISSING);
  v1::ListShipmentsResponse listed;
  EXPECT_TRUE(eventually(
      [&] { return call(&v1::PostalService::Stub::ListShipments, list, listed).empty() && listed.shipments_size() == 1; }));
  auto& proof = *delivered.mutable_proof();
  proof.set_receiver_name("canary-receiver");
  proof.set_identity_last_digits("12");
  proof.set_relation(v1::RELATION_SELF);
  proof.set_paper(v1::IDENTITY_PAPER_CITIZEN_CARD);
  *proof.mutable_proof_time() = delivered.scan_time();
  proof.set_evidence(std::string(32, 'e'));
  EXPECT_THAT(record({delivered}, reply), ElementsAre("INVALID_FIELD"));
  proof.set_identity_last_digits("1234");
  EXPECT_THAT(record({delivered}, reply), ElementsAre(""));
  EXPECT_EQ(reply.results(0).shipment().stable(), v1::STABLE_STATE_DELIVERED);
  EXPECT_EQ(paper_of(id).DebugString().find("canary"), std::string::npos);
  for (std::uint32_t p = 0; p < kPartitions; ++p) {
    const auto values = projection_.all_values({"postal-dispatch", p});
    ASSERT_TRUE(values);
    for (const auto& value : *values)
      EXPECT_EQ(value.bytes.find("canary"), std::string::npos) << "plain personal data in the projection";
  }
}

TEST_F(PostalApiTest, SettlesTheCashOfADayAcrossLanes) {
  const auto id = dossier("C01", 5);
  const auto shipment = ordered(id, 35'000);
  v1::RecordScansResponse reply;
  auto cash = scan(shipment.item(), "K");
  cash.set_amount(35'000);
  cash.set_receipt("BL-7");
  ASSERT_TRUE(eventually([&] { return record({cash}, reply) == std::vector<std::string>{""}; }));
  v1::GetSettlementRequest get;
  get.set_home_key("C01");
  get.set_carrier("one");
  get.set_day(shared_kernel::format_day(shared_kernel::day_of(clock_.now())));
  v1::GetSettlementResponse got;
  ASSERT_TRUE(eventually([&] { return call(&v1::PostalService::Stub::GetSettlement, get, got).empty(); }));
  EXPECT_EQ(got.settlement().collected(), 35'000);
  v1::DeclareSettlementRequest declare;
  declare.mutable_header()->set_request_id(uuid());
  declare.set_home_key("C01");
  declare.set_carrier("one");
  declare.set_day(get.day());
  auto& declared_line = *declare.add_lines();
  declared_line.set_item(shipment.item());
  declared_line.set_amount(35'000);
  declare.set_paid(34'000);
  v1::DeclareSettlementResponse declared;
  ASSERT_EQ(call(&v1::PostalService::Stub::DeclareSettlement, declare, declared), "");
  EXPECT_EQ(declared.settlement().state(), v1::SETTLEMENT_STATE_DIFFERS);
  ASSERT_EQ(declared.settlement().differences_size(), 1);
  EXPECT_EQ(declared.settlement().differences(0).theirs(), 34'000);
  v1::ListSettlementsRequest list;
  list.set_home_key("C01");
  v1::ListSettlementsResponse listed;
  const auto days = [&](const std::string& caller = "all") {
    const auto reason = call(&v1::PostalService::Stub::ListSettlements, list, listed, caller);
    return reason.empty() ? std::to_string(listed.total()) : reason;
  };
  EXPECT_TRUE(eventually([&] { return days() == "1"; })) << "those that differ, where nothing else is asked for";
  EXPECT_EQ(listed.settlements(0).day(), get.day());
  EXPECT_EQ(days("elsewhere"), "NOT_GRANTED");
  list.set_carrier("nobody");
  EXPECT_EQ(days(), "CARRIER_UNKNOWN");
  list.set_carrier("one");
  declare.mutable_header()->set_request_id(uuid());
  declare.set_paid(35'000);
  ASSERT_EQ(call(&v1::PostalService::Stub::DeclareSettlement, declare, declared), "");
  EXPECT_EQ(declared.settlement().state(), v1::SETTLEMENT_STATE_BALANCED);
  EXPECT_TRUE(eventually([&] { return paper_of(id).shipments(0).cod_settled(); }));
  EXPECT_TRUE(eventually([&] { return days() == "0"; }));
  list.set_state(v1::SETTLEMENT_STATE_BALANCED);
  EXPECT_TRUE(eventually([&] { return days() == "1"; }));
}

TEST_F(PostalApiTest, KeepsAScanThatBelongsToNothingKnownUntilItIsTakenOrPutAside) {
  const std::string item = "RR000000500VN";
  auto stray = scan(item, "A");
  stray.mutable_proof()->set_receiver_name("canary-name");
  std::atomic<int> kept{0};
  const auto keep = [&](const v1::Scan& one) {
    api_->unmatched().keep({"all", {}, ""}, one, "ITEM_UNKNOWN", [&](const Result<void>& done) { kept += done ? 1 : 100; });
  };
  keep(stray);
  keep(stray);
  keep(scan(item, "X"));
  EXPECT_TRUE(eventually([&] { return kept == 3; }));
  auto sentence = scan(item, "A");
  sentence.set_place("nhà ông Nguyễn Văn A");
  keep(sentence);
  EXPECT_TRUE(eventually([&] { return kept == 103; })) << "a place that is no code may name a person";

  v1::ListUnmatchedScansRequest list;
  v1::ListUnmatchedScansResponse listed;
  const auto waiting = [&](const std::string& caller = "all") {
    const auto reason = call(&v1::PostalService::Stub::ListUnmatchedScans, list, listed, caller);
    return reason.empty() ? std::to_string(listed.total()) : reason;
  };
  ASSERT_TRUE(eventually([&] { return waiting() == "2"; })) << "each once";
  EXPECT_EQ(*api_->unmatched().waiting("one"), 2U);
  EXPECT_EQ(waiting("desk"), "NOT_GRANTED") << "they are every office's or none's";
  waiting();
  const auto of_code = [&](const std::string& code) {
    for (const auto& one : listed.scans()) {
      if (one.scan().raw_code() == code) return one.scan_id();
    }
    return std::string();
  };
  const auto late = of_code("A");
  const auto foreign = of_code("X");
  v1::RetakeScanRequest again;
  v1::RetakeScanResponse taken;
  const auto retake = [&](const std::string& id) {
    again.mutable_header()->set_request_id(uuid());
    again.set_scan_id(id);
    return call(&v1::PostalService::Stub::RetakeScan, again, taken);
  };
  EXPECT_EQ(retake(late), "ITEM_UNKNOWN");
  v1::OrderShipmentRequest order;
  order.mutable_header()->set_request_id(uuid());
  order.set_dossier_id(dossier("C01", 9));
  order.set_kind(v1::SHIPMENT_KIND_RESULT);
  order.set_carrier("one");
  order.set_item(item);
  v1::OrderShipmentResponse ordered;
  ASSERT_EQ(call(&v1::PostalService::Stub::OrderShipment, order, ordered), "");
  EXPECT_TRUE(eventually([&] { return retake(late).empty(); }));
  EXPECT_EQ(taken.shipment().milestone(), v1::MILESTONE_POSTED);
  v1::DismissScanRequest dismiss;
  dismiss.mutable_header()->set_request_id(uuid());
  dismiss.set_scan_id(foreign);
  v1::DismissScanResponse dismissed;
  EXPECT_NE(call(&v1::PostalService::Stub::DismissScan, dismiss, dismissed), "") << "without a reason";
  dismiss.set_reason_code("FOREIGN_ITEM");
  EXPECT_EQ(call(&v1::PostalService::Stub::DismissScan, dismiss, dismissed, "desk"), "SCAN_NOT_FOUND");
  dismiss.mutable_header()->set_request_id(uuid());
  EXPECT_EQ(call(&v1::PostalService::Stub::DismissScan, dismiss, dismissed), "");
  EXPECT_EQ(retake(foreign), "SCAN_CLOSED");
  EXPECT_TRUE(eventually([&] { return waiting() == "0"; }));
}

TEST_F(PostalApiTest, KeepsWhatIsForeignOutOfSight) {
  const auto id = dossier("C01", 6);
  ordered(id);
  v1::GetPaperRequest get;
  get.set_dossier_id(id);
  v1::GetPaperResponse paper;
  EXPECT_EQ(call(&v1::PostalService::Stub::GetPaper, get, paper, "elsewhere"), "DOSSIER_NOT_FOUND");
  get.set_dossier_id(dossier("C01", 7));
  EXPECT_EQ(call(&v1::PostalService::Stub::GetPaper, get, paper, "elsewhere"), "DOSSIER_NOT_FOUND");
  v1::ListShipmentsRequest list;
  list.set_agency("COMMUNE");
  v1::ListShipmentsResponse listed;
  EXPECT_EQ(call(&v1::PostalService::Stub::ListShipments, list, listed, "elsewhere"), "NOT_GRANTED");
}

}  // namespace
}  // namespace lienthong
