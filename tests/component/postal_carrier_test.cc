#include "platform/memory/in_memory_projection.h"
#include "postal_dispatch/adapters/carrier_connection.h"
#include "postal_dispatch/adapters/carrier_orders.h"
#include "postal_dispatch/adapters/carrier_settings.h"
#include "postal_dispatch/adapters/scan_feed.h"
#include "postal_dispatch/adapters/state_codec.h"
#include "postal_dispatch/core/decider.h"
#include "postal_dispatch/core/item_number.h"
#include "tests/support/child_process.h"
#include "tests/support/given_when_then.h"

#include <gmock/gmock.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

/// The way to a carrier: what is said on it, and that no order is lost or given twice whatever happens on it.
namespace lienthong::postal_dispatch {
namespace {

using test_support::ChildProcess;
using test_support::TemporaryDirectory;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const HomeKey kHome = *HomeKey::parse("C01");
const std::atomic<bool> kGoOn{false};

bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

DossierId dossier(std::uint8_t number) {
  DossierId id;
  id.bytes[0] = number;
  return id;
}

/// Carriers that do what a test says.
class ScriptedCarrier final : public CarrierConnection {
 public:
  std::optional<CarrierAnswer> find(const std::string& number, const std::atomic<bool>&) override {
    const std::lock_guard lock(mutex_);
    ++questions;
    if (away) return CarrierAnswer{Answered::kAway, "", "HTTP_503"};
    const auto known = items_.find(number);
    if (known == items_.end()) return CarrierAnswer{Answered::kUnknown, "", ""};
    return CarrierAnswer{Answered::kDone, known->second, ""};
  }
  std::optional<CarrierAnswer> order(const CarrierOrder& order, const std::atomic<bool>&) override {
    const std::lock_guard lock(mutex_);
    ++calls[order.number];
    last = order;
    if (refuses) return CarrierAnswer{Answered::kRefused, "", "FIELDS"};
    if (quota == 0) return CarrierAnswer{Answered::kQuota, "", "QUOTA"};
    --quota;
    items_[order.number] = ItemNumber::make("EX", ++serial_)->text();
    if (lost_answers > 0 && lost_answers-- > 0) return CarrierAnswer{Answered::kAway, "", "LINE_LOST"};
    return CarrierAnswer{Answered::kDone, items_[order.number], ""};
  }
  std::optional<CarrierAnswer> cancel(const std::string& number, const std::atomic<bool>&) override {
    const std::lock_guard lock(mutex_);
    cancelled.push_back(number);
    return CarrierAnswer{underway ? Answered::kUnderway : Answered::kDone, "", ""};
  }
  std::optional<CarrierScans> track(std::uint64_t, std::size_t, const std::atomic<bool>&) override {
    ++polls;
    CarrierScans nothing;
    nothing.what = Answered::kDone;
    return nothing;
  }

  std::atomic<std::uint32_t> polls{0};
  std::mutex mutex_;
  bool away = false;
  bool refuses = false;
  bool underway = false;
  int lost_answers = 0;
  int quota = 1000;
  int questions = 0;
  std::map<std::string, int> calls;
  std::vector<std::string> cancelled;
  CarrierOrder last;

 private:
  std::map<std::string, std::string> items_;
  std::uint32_t serial_ = 0;
};

/// One lane's dossiers, as reads show them.
class Dossiers final : public ledger::Gateway {
 public:
  std::uint32_t partition_count() const override { return 1; }
  void submit(std::uint32_t, ledger::CommandRequest) override {}
  void resume(std::uint32_t, ledger::ResumeRequest) override {}
  void read(std::uint32_t, ledger::ReadRequest request) override {
    ledger::Reply reply;
    {
      const std::lock_guard lock(mutex_);
      const auto found = states_.find(request.dossier);
      if (found != states_.end()) {
        auto value = std::make_shared<ledger::v1::DossierValue>();
        value->set_state(encode_state(found->second));
        reply.value = value;
      }
    }
    request.reply(reply);
  }
  void put(const DossierId& id, State state) {
    const std::lock_guard lock(mutex_);
    states_[id] = std::move(state);
  }

 private:
  std::mutex mutex_;
  std::map<DossierId, State> states_;
};

class OneRelease final : public ledger::RulesStore {
 public:
  std::optional<ledger::RulesVersion> latest() const override {
    return ledger::RulesVersion{{1, 1, 1, {}}, 1, test_support::small_catalogue()};
  }
  std::optional<ledger::RulesVersion> find(const Cursor&) const override { return latest(); }
};

class CarrierOrdersTest : public ::testing::Test {
 protected:
  CarrierOrdersTest() {
    CarrierSettings settings;
    settings.http.carrier = "vnpost";
    settings.province = "Quảng Nam";
    settings.phone = "0235";
    settings.retry_first = std::chrono::milliseconds(2);
    settings.retry_max = std::chrono::milliseconds(20);
    const auto addresses = [this](const DossierName&, std::uint32_t, const SealedRef&) -> Result<v1::Address> {
      if (erased_) return failure({ErrorCode::kFailedPrecondition, "PERSONAL_DATA_ERASED", "", ""});
      v1::Address out;
      out.set_name("Nguyễn Thị Ví Dụ");
      out.set_line("12 Trần Phú");
      out.set_commune("Tam Kỳ");
      out.set_province("Quảng Nam");
      out.set_phone("0905");
      return out;
    };
    orders_ = std::make_unique<CarrierOrders>(
        CarrierOrdersParts{dossiers_,
                           rules_,
                           addresses,
                           {{"vnpost", {settings, carrier_}}},
                           [this](const auto&, auto report) {
                             const std::lock_guard lock(mutex_);
                             reports_[report.dossier].push_back(*decode_report(report.result));
                           },
                           [this](auto what, auto) {
                             const std::lock_guard lock(mutex_);
                             alarms_.emplace_back(what);
                           },
                           [this](const auto&) {
                             const std::lock_guard lock(mutex_);
                             ++unknown_;
                           }},
        3);
  }

  static DossierPost wanted(ShipmentKind kind, OrderState order = OrderState::kPlacing) {
    DossierPost post;
    post.home = kHome;
    post.dossier_code = "000.01.01.H47-260302-0001";
    Shipment shipment;
    shipment.number = 1;
    shipment.kind = kind;
    shipment.carrier = "vnpost";
    shipment.agency = "COMMUNE";
    shipment.destination = kind == ShipmentKind::kToDesk ? "COMMUNE" : "";
    shipment.order = order;
    shipment.cod_amount = 35'000;
    shipment.papers = {{"DON", 2}};
    shipment.address = test_support::sealed_part('a');
    shipment.ordered_at = test_support::local("2026-03-02 08:00");
    post.shipments = {shipment};
    return post;
  }
  void call(std::uint8_t number, IntentType type = IntentType::kPlaceOrder) {
    orders_->start({{{"postal-dispatch", 0}, dossier(number), type == IntentType::kPlaceOrder ? 1U : 2U, 0},
                    static_cast<std::uint32_t>(type),
                    "1"});
  }
  std::vector<Report> reports(std::uint8_t number) {
    const std::lock_guard lock(mutex_);
    return reports_[dossier(number)];
  }
  std::vector<std::string> alarms() {
    const std::lock_guard lock(mutex_);
    return alarms_;
  }
  std::string metrics() const {
    observe::Metrics out;
    orders_->collect(out);
    return out.text();
  }
  Report only_report(std::uint8_t number) {
    EXPECT_TRUE(eventually([&] { return !reports(number).empty(); }));
    EXPECT_THAT(reports(number), SizeIs(1));
    return reports(number).empty() ? Report{} : reports(number)[0];
  }
  std::string name(std::uint8_t number) const { return order_number({kHome, dossier(number)}, 1); }

  Dossiers dossiers_;
  OneRelease rules_;
  std::shared_ptr<ScriptedCarrier> carrier_ = std::make_shared<ScriptedCarrier>();
  std::atomic<bool> erased_{false};
  std::mutex mutex_;
  std::map<DossierId, std::vector<Report>> reports_;
  std::vector<std::string> alarms_;
  int unknown_ = 0;
  std::unique_ptr<CarrierOrders> orders_;
};

TEST_F(CarrierOrdersTest, TellsTheCarrierWhoSendsAndWhoReceives) {
  dossiers_.put(dossier(1), wanted(ShipmentKind::kResult));
  call(1);
  EXPECT_EQ(only_report(1), (Report{"EX000000014VN", ""}));
  EXPECT_EQ(carrier_->last.receiver.address, "12 Trần Phú, Tam Kỳ");
  EXPECT_EQ(carrier_->last.sender.province, "Quảng Nam");
  EXPECT_EQ(carrier_->last.contents, "DON x2");
  EXPECT_EQ(carrier_->last.cod_amount, 35'000);
  EXPECT_FALSE(carrier_->last.pick_up);
  dossiers_.put(dossier(2), wanted(ShipmentKind::kToDesk));
  call(2);
  only_report(2);
  EXPECT_EQ(carrier_->last.sender.name, "Nguyễn Thị Ví Dụ");
  EXPECT_TRUE(carrier_->last.pick_up);
}

TEST_F(CarrierOrdersTest, GivesNoOrderTwiceWhenItsAnswerWasLost) {
  dossiers_.put(dossier(1), wanted(ShipmentKind::kResult));
  carrier_->lost_answers = 1;
  call(1);
  EXPECT_EQ(only_report(1).item, "EX000000014VN");
  EXPECT_EQ(carrier_->calls[name(1)], 1) << "it asked instead";
  // Another process, or this one after a crash, is asked for the same again.
  call(1);
  EXPECT_TRUE(eventually([&] { return reports(1).size() == 2; }));
  EXPECT_EQ(reports(1)[1].item, "EX000000014VN");
  EXPECT_EQ(carrier_->calls[name(1)], 1);
}

TEST_F(CarrierOrdersTest, LosesNothingWhileTheCarrierIsAwayAndLeavesItAlone) {
  carrier_->away = true;
  for (std::uint8_t i = 1; i <= 50; ++i) {
    dossiers_.put(dossier(i), wanted(ShipmentKind::kResult));
    call(i);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  EXPECT_THAT(metrics(), HasSubstr("lienthong_carrier_away{carrier=\"vnpost\",calls=\"orders\"} 1\n"));
  {
    const std::lock_guard lock(carrier_->mutex_);
    EXPECT_LT(carrier_->questions, 150) << "one at a time, with growing pauses";
    carrier_->away = false;
  }
  for (std::uint8_t i = 1; i <= 50; ++i) EXPECT_EQ(only_report(i).failure, "");
  for (const auto& [number, calls] : carrier_->calls) EXPECT_EQ(calls, 1) << number;
  EXPECT_THAT(alarms(), ElementsAre("CARRIER_AWAY")) << "once, not for every order";
  EXPECT_EQ(orders_->open(), 0U);
  EXPECT_THAT(metrics(), HasSubstr("lienthong_carrier_away{carrier=\"vnpost\",calls=\"orders\"} 0\n"));
}

TEST_F(CarrierOrdersTest, WaitsForTheNextQuotaAndSaysSo) {
  carrier_->quota = 1;
  for (std::uint8_t i = 1; i <= 3; ++i) {
    dossiers_.put(dossier(i), wanted(ShipmentKind::kResult));
    call(i);
  }
  EXPECT_TRUE(eventually([&] { return alarms().size() == 1; }));
  EXPECT_THAT(alarms(), Contains("CARRIER_QUOTA_USED_UP"));
  EXPECT_EQ(orders_->open(), 2U);
  EXPECT_THAT(metrics(), HasSubstr("lienthong_carrier_quota_used_up{carrier=\"vnpost\"} 1\n"));
  {
    const std::lock_guard lock(carrier_->mutex_);
    carrier_->quota = 10;
  }
  for (std::uint8_t i = 1; i <= 3; ++i) EXPECT_EQ(only_report(i).failure, "");
}

TEST_F(CarrierOrdersTest, ReportsWhatTheCarrierRefusesForGood) {
  dossiers_.put(dossier(1), wanted(ShipmentKind::kResult));
  carrier_->refuses = true;
  call(1);
  EXPECT_EQ(only_report(1), (Report{"", "FIELDS"}));
}

TEST_F(CarrierOrdersTest, NamesWhyAnOrderCanNotBeGiven) {
  erased_ = true;
  dossiers_.put(dossier(1), wanted(ShipmentKind::kResult));
  call(1);
  EXPECT_EQ(only_report(1).failure, "PERSONAL_DATA_ERASED");
  auto homeless = wanted(ShipmentKind::kResult);
  homeless.shipments[0].address.reset();
  dossiers_.put(dossier(2), homeless);
  call(2);
  EXPECT_EQ(only_report(2).failure, "ADDRESS_MISSING");
  auto over = wanted(ShipmentKind::kResult, OrderState::kPlaced);
  dossiers_.put(dossier(3), over);
  call(3);
  EXPECT_EQ(only_report(3).failure, "ORDER_OVER");
  EXPECT_THAT(carrier_->calls, IsEmpty());
}

TEST_F(CarrierOrdersTest, LeavesAnOrderOfACarrierThatIsNotConnectedOpen) {
  auto foreign = wanted(ShipmentKind::kResult);
  foreign.shipments[0].carrier = "other";
  dossiers_.put(dossier(1), foreign);
  call(1);
  EXPECT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex_);
    return unknown_ == 1;
  }));
  EXPECT_THAT(reports(1), IsEmpty());
}

TEST_F(CarrierOrdersTest, CancelsOnlyWhatStandsAndAfterItsOrder) {
  auto placing = wanted(ShipmentKind::kToDesk);
  dossiers_.put(dossier(1), placing);
  call(1, IntentType::kCancelOrder);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_THAT(carrier_->cancelled, IsEmpty()) << "the answer to the order is not there yet";
  placing.shipments[0].order = OrderState::kPlaced;
  dossiers_.put(dossier(1), placing);
  EXPECT_EQ(only_report(1).failure, "");
  EXPECT_THAT(carrier_->cancelled, ElementsAre(name(1)));
  dossiers_.put(dossier(2), wanted(ShipmentKind::kToDesk, OrderState::kRefused));
  call(2, IntentType::kCancelOrder);
  EXPECT_EQ(only_report(2).failure, "");
  carrier_->underway = true;
  dossiers_.put(dossier(3), wanted(ShipmentKind::kToDesk, OrderState::kPlaced));
  call(3, IntentType::kCancelOrder);
  EXPECT_EQ(only_report(3).failure, "UNDERWAY");
  EXPECT_THAT(carrier_->cancelled, SizeIs(2));
}

TEST_F(CarrierOrdersTest, GivesNoOrderForWhatWasCalledOffBefore) {
  auto off = wanted(ShipmentKind::kToDesk);
  Entry entry;
  entry.raw_code = "CANCELLED";
  entry.milestone = Milestone::kCancelled;
  entry.at = off.shipments[0].ordered_at;
  place_entry(off.shipments[0], entry);
  dossiers_.put(dossier(1), off);
  call(1);
  EXPECT_EQ(only_report(1).failure, "SHIPMENT_ENDED");
  EXPECT_THAT(carrier_->calls, IsEmpty());
}

/// Stands until it is moved.
class SetClock final : public ports::Clock {
 public:
  explicit SetClock(Instant at) : at_(at.micros) {}
  Instant now() const override { return {at_}; }
  Instant steady() const override { return {at_}; }
  bool trusted() const override { return true; }
  void move(Duration by) { at_ += by.count(); }

 private:
  std::atomic<std::int64_t> at_;
};

class ScanPollsTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kCallsADay = 3;

  void start() {
    ConnectedCarrier one{{}, carrier_};
    one.settings.http.carrier = "vnpost";
    one.settings.polls_per_day = kCallsADay;
    one.settings.poll_every = std::chrono::milliseconds(1);
    polls_ = std::make_unique<ScanPolls>(std::vector<ConnectedCarrier>{one}, directory_.path(), dossiers_, feed_, clock_,
                                         [this](auto what, auto) {
                                           const std::lock_guard lock(mutex_);
                                           alarms_.emplace_back(what);
                                         });
  }
  std::vector<std::string> alarms() {
    const std::lock_guard lock(mutex_);
    return alarms_;
  }
  void wait_for_calls(std::uint32_t count) {
    EXPECT_TRUE(eventually([&] { return carrier_->polls == count; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(carrier_->polls, count);
  }

  TemporaryDirectory directory_;
  SetClock clock_{test_support::local("2026-03-02 23:00")};
  Dossiers dossiers_;
  memory::InMemoryProjection projection_;
  rpc::ReadPool reads_{1, 10};
  Carriers tables_;
  DossierKeys keys_;
  shared_kernel::api::Commands commands_{"postal-dispatch", dossiers_, clock_, crypto::random_key()};
  ScanIntake intake_{{1, projection_, reads_, tables_, keys_, commands_}};
  UnmatchedScans unmatched_{1, projection_, commands_};
  ScanFeed feed_{intake_, unmatched_, [](auto, auto) {}};
  std::shared_ptr<ScriptedCarrier> carrier_ = std::make_shared<ScriptedCarrier>();
  std::mutex mutex_;
  std::vector<std::string> alarms_;
  std::unique_ptr<ScanPolls> polls_;
};

TEST_F(ScanPollsTest, UsesUpTheCallsOfADaySaysSoOnceAndGoesOnWithTheNext) {
  start();
  wait_for_calls(kCallsADay);
  EXPECT_THAT(alarms(), ElementsAre("CARRIER_POLLS_USED_UP"));
  polls_.reset();
  start();
  wait_for_calls(kCallsADay);
  EXPECT_THAT(alarms(), SizeIs(1)) << "a start gives no new calls";
  clock_.move(std::chrono::hours(2));
  wait_for_calls(2 * kCallsADay);
  EXPECT_THAT(alarms(), SizeIs(2));
}

/// The simulator as a process of its own.
class SimulatedCarrierTest : public ::testing::Test {
 protected:
  SimulatedCarrierTest() {
    process_ = ChildProcess(
        {"/usr/bin/python3", "-B", std::string(LIENTHONG_SOURCE_DIR) + "/tools/carrier_simulator/carrier_simulator.py",
         "--port", std::to_string(port_), "--step-seconds", "0.001"},
        directory_.path() + "/output");
    HttpCarrier settings;
    settings.carrier = "sample-express";
    settings.url = url();
    settings.customer_code = "H47";
    settings.limits.timeout = std::chrono::milliseconds(3000);
    connection_ = make_http_connection(settings);
    EXPECT_TRUE(eventually([&] { return connection_->find("none", kGoOn)->what == Answered::kUnknown; }));
  }
  ~SimulatedCarrierTest() override { process_.stop(15); }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void simulate(const std::string& json) {
    http::Request request;
    request.url = url() + "/simulate";
    request.body = json;
    EXPECT_EQ(http::send(request, kGoOn).status, 200);
  }
  static CarrierOrder order(const std::string& number) {
    CarrierOrder out;
    out.number = number;
    out.sender = {"Trung tâm", "0235", "1 Hùng Vương", "Quảng Nam", ""};
    out.receiver = {"Nguyễn Thị Ví Dụ", "0905", "12 Trần Phú", "Quảng Nam", ""};
    out.cod_amount = 35'000;
    return out;
  }

  TemporaryDirectory directory_;
  std::uint16_t port_ = test_support::free_port();
  ChildProcess process_;
  std::unique_ptr<CarrierConnection> connection_;
};

TEST_F(SimulatedCarrierTest, TakesAnOrderWithoutADistrictAndKnowsItAgain) {
  const auto placed = connection_->order(order("a-1"), kGoOn);
  ASSERT_EQ(placed->what, Answered::kDone) << placed->reason;
  EXPECT_EQ(connection_->order(order("a-1"), kGoOn)->item, placed->item);
  EXPECT_EQ(connection_->find("a-1", kGoOn)->item, placed->item);
  EXPECT_EQ(connection_->cancel("b-1", kGoOn)->what, Answered::kUnknown);
  auto nameless = order("c-1");
  nameless.receiver.name.clear();
  const auto refused = connection_->order(nameless, kGoOn);
  EXPECT_EQ(refused->what, Answered::kRefused);
  EXPECT_EQ(refused->reason, "FIELDS");
}

TEST_F(SimulatedCarrierTest, SaysWhatWentWrong) {
  simulate(R"({"quota": 1})");
  EXPECT_EQ(connection_->order(order("a-1"), kGoOn)->what, Answered::kDone);
  EXPECT_EQ(connection_->order(order("a-2"), kGoOn)->what, Answered::kQuota);
  simulate(R"({"quota": 0, "replies_lost": 1.0})");
  EXPECT_EQ(connection_->order(order("a-3"), kGoOn)->reason, "LINE_LOST");
  EXPECT_EQ(connection_->find("a-3", kGoOn)->what, Answered::kDone) << "it was taken all the same";
  simulate(R"({"replies_lost": 0.0, "outage_seconds": 60})");
  EXPECT_EQ(connection_->order(order("a-4"), kGoOn)->reason, "HTTP_503");
  process_.stop(15);
  EXPECT_EQ(connection_->order(order("a-4"), kGoOn)->reason, "NO_CONNECTION");
}

TEST_F(SimulatedCarrierTest, TellsItsScansWithTheProof) {
  const auto item = connection_->order(order("a-1"), kGoOn)->item;
  CarrierScans scans;
  ASSERT_TRUE(eventually([&] {
    scans = *connection_->track(0, 100, kGoOn);
    return scans.scans.size() == 7;
  }));
  EXPECT_EQ(scans.what, Answered::kDone);
  EXPECT_EQ(scans.cursor, 7U);
  EXPECT_EQ(scans.unreadable, 0U);
  EXPECT_EQ(scans.scans[0].item(), item);
  EXPECT_EQ(scans.scans[5].raw_code(), "320");
  EXPECT_EQ(scans.scans[5].proof().receiver_name(), "Nguyễn Thị Ví Dụ");
  EXPECT_THAT(scans.scans[5].proof().evidence(), SizeIs(32));
  EXPECT_EQ(scans.scans[6].amount(), 35'000);
  EXPECT_THAT(connection_->track(7, 100, kGoOn)->scans, IsEmpty());
}

TEST(CarrierScansTest, LeavesOutWhatCanNotBeReadAndCountsIt) {
  const auto scans = read_scans("one", R"({"scans": [{"itemNumber": "RR473124829VN", "code": "A", "time": 1772413200.25},
      {"itemNumber": "RR473124829VN", "code": "A", "time": "soon"}, {"code": "A", "time": 1}, 7,
      {"itemNumber": "RR473124829VN", "code": "A", "time": 1e300}]})");
  EXPECT_EQ(scans.what, Answered::kDone);
  ASSERT_THAT(scans.scans, SizeIs(1));
  EXPECT_EQ(scans.scans[0].scan_time().seconds(), 1'772'413'200);
  EXPECT_EQ(scans.scans[0].scan_time().nanos(), 250'000'000);
  EXPECT_EQ(scans.unreadable, 4U);
  for (const char* broken : {"", "[]", "{}", R"({"scans": 1})", "\xff"})
    EXPECT_NE(read_scans("one", broken).what, Answered::kDone) << broken;
}

TEST(CarrierSettingsTest, NamesWhatIsWrong) {
  const std::string good = R"(
carrier: one
connection: {url: "https://carrier.example/api", customer_code: H47, principal: carrier-one, province: H47, phone: "0235"}
)";
  const auto read = parse_carrier_settings("one.yaml", good);
  ASSERT_TRUE(read) << read.error().message_en;
  ASSERT_THAT(*read, SizeIs(1));
  EXPECT_EQ((*read)[0].http.carrier, "one");
  EXPECT_THAT(*parse_carrier_settings("one.yaml", "carrier: one"), IsEmpty());
  const std::pair<const char*, const char*> spoilt[] = {{"https://carrier.example/api", "http://carrier.example/api"},
                                                        {"customer_code", "customer"},
                                                        {"principal: carrier-one", "principal: \"\""},
                                                        {"phone: \"0235\"", "phone: \"0235\", retry_ms: 0"},
                                                        {"phone: \"0235\"", "phone: \"0235\", token_file: /no/such/file"}};
  for (const auto& [was, is] : spoilt) {
    auto text = good;
    text.replace(text.find(was), std::string(was).size(), is);
    const auto wrong = parse_carrier_settings("one.yaml", text);
    ASSERT_FALSE(wrong) << is;
    EXPECT_THAT(wrong.error().message_en, ::testing::StartsWith("one.yaml: connection: ")) << is;
  }
}

}  // namespace
}  // namespace lienthong::postal_dispatch
