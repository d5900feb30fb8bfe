#include "lienthong/agency/v1/events.pb.h"
#include "lienthong/intake/v1/events.pb.h"
#include "lienthong/notification/v1/commands.pb.h"
#include "lienthong/routing/v1/events.pb.h"
#include "notification/adapters/command_codec.h"
#include "notification/adapters/state_codec.h"
#include "notification/adapters/webhook_engine.h"
#include "notification/core/decider.h"
#include "platform/base/encoding.h"
#include "platform/memory/in_memory_log.h"
#include "platform/observe/system_clock.h"
#include "tests/support/child_process.h"
#include "tests/support/line_world.h"
#include "tests/support/notice_catalogue.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace lienthong::notification {
namespace {

using test_support::accepted;
using test_support::ChildProcess;
using test_support::dossier;
using test_support::eventually;
using test_support::handed_over;
using test_support::kDecided;
using test_support::OneLane;
using test_support::started;
using test_support::StillRules;
using test_support::subject;
using test_support::TemporaryDirectory;
using test_support::ToldLedger;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class Webhooks : public ::testing::Test {
 protected:
  Webhooks() : rules_(contents({})), lane_(rules_), intake_(log_, "intake"), routing_(log_, "routing") {
    agency_.emplace(log_, "agency-processing");
  }
  ~Webhooks() override { engine_.reset(); }

  void SetUp() override {
    ASSERT_EQ(ChildProcess({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-keyout", path("receiver.key"), "-out", path("receiver.pem"), "-days", "1", "-subj",
                            "/CN=land-office.example", "-addext", "subjectAltName=DNS:land-office.example"},
                           path("openssl.log"))
                  .wait(),
              0);
    write("land", "0123456789abcdef\n");
    write("receiver_keys", "0123456789abcdef\n");
    start_receiver();
    settings_.targets.keys_directory = directory_.path();
    settings_.targets.listed = {{"land-office.example:443", "127.0.0.1:" + std::to_string(port_)}};
    settings_.targets.authorities = path("receiver.pem");
    settings_.targets.timeout = std::chrono::milliseconds(1000);
    settings_.first_backoff = std::chrono::milliseconds(50);
    settings_.max_backoff = std::chrono::milliseconds(100);
    settings_.report_every = std::chrono::milliseconds(20);
    settings_.look_every = std::chrono::milliseconds(20);
  }

  struct Wish {
    std::string url = "https://land-office.example/events";
    std::vector<std::string> types;
    std::vector<std::string> agencies;
    std::vector<std::string> procedures;
    shared_kernel::LocalDay since = shared_kernel::make_day(2025, 1, 1);
  };
  static shared_kernel::CatalogueContents contents(const Wish& wish) {
    auto out = test_support::notice_contents();
    out.notices.webhooks = {{"land-office", wish.url, "land", wish.types, wish.agencies, wish.procedures, wish.since}};
    return out;
  }
  void subscribe(const Wish& wish) { rules_.set(contents(wish)); }

  void start_receiver() {
    write("receiver.log", "");
    receiver_ = ChildProcess(
        {"/usr/bin/python3", "-B", LIENTHONG_SOURCE_DIR "/tools/webhook_receiver/webhook_receiver.py", std::to_string(port_),
         path("receiver.pem"), path("receiver.key"), path("receiver_keys"), path("events.jsonl"), path("behaviour")},
        path("receiver.log"));
    ASSERT_TRUE(eventually([&] { return text_of("receiver.log").find("listening") != std::string::npos; }));
  }
  void start_engine() {
    engine_.reset();
    std::vector<EventLedger> ledgers;
    ledgers.push_back({"intake", *relay::PublicEvents::make("intake", "H47", *intake::v1::EventType_descriptor())});
    ledgers.push_back({"routing", *relay::PublicEvents::make("routing", "H47", *routing::v1::EventType_descriptor())});
    ledgers.push_back(
        {"agency-processing", *relay::PublicEvents::make("agency-processing", "H47", *agency::v1::EventType_descriptor())});
    engine_ = std::make_unique<WebhookEngine>(
        WebhookParts{lane_, rules_, clock_, log_,
                     [this](const LedgerPartition&, std::string_view what, std::string_view detail) {
                       const std::lock_guard lock(alarms_mutex_);
                       alarms_.push_back(std::string(what) + ' ' + std::string(detail));
                     },
                     "all", "H47", std::move(ledgers)},
        settings_);
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(path(name + ".new"), std::ios::trunc) << text;
    std::rename(path(name + ".new").c_str(), path(name).c_str());
  }
  void behave(const std::string& json) { write("behaviour", json); }
  std::string path(const std::string& name) const { return directory_.path() + '/' + name; }
  std::string text_of(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }
  std::vector<nlohmann::json> came() const {
    std::vector<nlohmann::json> out;
    std::ifstream file(path("events.jsonl"));
    for (std::string line; std::getline(file, line);) {
      auto json = nlohmann::json::parse(line, nullptr, false);
      if (!json.is_discarded()) out.push_back(std::move(json));
    }
    return out;
  }
  /// `1/0.0` (block, leaf, event) of every first copy of this dossier, in the order they were taken.
  std::vector<std::string> taken(std::uint8_t number) const {
    std::vector<std::string> out;
    for (const auto& one : came()) {
      if (one["subject"] != subject(number) || one["status"] != 204 || one["copies"] != 1) continue;
      const auto event = one["event"].get<std::string>();
      out.push_back(event.substr(event.find('/', event.find('/') + 1) + 1));
    }
    return out;
  }
  std::vector<std::string> faults() const {
    std::vector<std::string> out;
    for (const auto& one : came()) {
      if (!one["fault"].is_null()) out.push_back(one["fault"]);
    }
    return out;
  }
  bool alarmed(const std::string& text) {
    const std::lock_guard lock(alarms_mutex_);
    return std::any_of(alarms_.begin(), alarms_.end(),
                       [&](const auto& alarm) { return alarm.find(text) != std::string::npos; });
  }
  std::string failing_for() {
    const auto line = lane_.line();
    return line && !line->failing.empty() ? line->failing.front().reason_code : "";
  }

  TemporaryDirectory directory_;
  std::uint16_t port_ = test_support::free_port();
  ChildProcess receiver_;
  observe::SystemClock clock_;
  memory::InMemoryLog log_;
  StillRules rules_;
  OneLane lane_;
  ToldLedger intake_;
  ToldLedger routing_;
  std::optional<ToldLedger> agency_;
  WebhookSettings settings_;
  std::mutex alarms_mutex_;
  std::vector<std::string> alarms_;
  std::atomic<bool> stopping_{false};
  std::unique_ptr<WebhookEngine> engine_;
};

TEST_F(Webhooks, EveryEventComesOnceSignedAndInTheOrderOfItsDossier) {
  start_engine();
  for (int i = 0; i < 20; ++i) {
    intake_.tell({accepted(1), accepted(2)});
    intake_.tell({handed_over(2)});
  }
  ASSERT_TRUE(eventually([&] { return came().size() >= 60; }));
  ASSERT_TRUE(eventually([&] { return lane_.line() && lane_.line()->delivered == 60; }));
  EXPECT_THAT(faults(), IsEmpty());
  EXPECT_THAT(taken(1), SizeIs(20));
  EXPECT_THAT(taken(2), SizeIs(40));
  EXPECT_EQ(came().front()["type"], "vn.lienthong.intake.dossier_accepted.v1");
  EXPECT_EQ(lane_.line()->positions.front().block_seq, 41U) << "everything up to here is done";
  EXPECT_THAT(lane_.line()->tried, SizeIs(kTriedKept));
}

TEST_F(Webhooks, ACrashRepeatsWithTheSameKeysAndSkipsNothing) {
  lane_.lose_reports(true);
  start_engine();
  intake_.tell({accepted(1)});
  intake_.tell({handed_over(1)});
  ASSERT_TRUE(eventually([&] { return came().size() == 2; }));
  engine_.reset();  // what it had done was never written down
  receiver_.stop(SIGKILL);
  start_receiver();
  lane_.lose_reports(false);
  intake_.tell({accepted(1)});
  start_engine();
  ASSERT_TRUE(eventually([&] { return lane_.line() && lane_.line()->delivered == 3; }));
  EXPECT_THAT(faults(), IsEmpty());
  EXPECT_THAT(taken(1), ElementsAre("1/0.0", "2/0.0", "3/0.0"));
  EXPECT_EQ(came()[2]["copies"], 2);
  EXPECT_EQ(came()[2]["key"], came()[0]["key"]);
  start_engine();
  intake_.tell({accepted(2)});
  ASSERT_TRUE(eventually([&] { return !taken(2).empty(); }));
  EXPECT_THAT(came(), SizeIs(6)) << "what was written down is not sent again";
}

TEST_F(Webhooks, AnEventThatFailsHoldsUpItsOwnDossierOnly) {
  behave(R"({"subject": ")" + subject(1) + R"(", "status": 503})");
  start_engine();
  intake_.tell({accepted(1)});
  intake_.tell({handed_over(1), accepted(2)});
  intake_.tell({handed_over(2)});
  ASSERT_TRUE(eventually([&] { return taken(2).size() == 2; }));
  ASSERT_TRUE(eventually([&] { return failing_for() == "HTTP_503"; }));
  EXPECT_THAT(taken(1), IsEmpty());
  EXPECT_EQ(lane_.line()->positions.front().block_seq, 1U);
  behave("{}");
  ASSERT_TRUE(eventually([&] { return taken(1).size() == 2; }));
  EXPECT_THAT(taken(1), ElementsAre("1/0.0", "2/0.0"));
  EXPECT_THAT(faults(), IsEmpty());
  ASSERT_TRUE(eventually([&] { return lane_.line()->failing.empty() && lane_.line()->positions.front().block_seq == 4; }));
}

TEST_F(Webhooks, WhatFailsForTooLongSuspendsTheLineUntilAnOperatorsWord) {
  settings_.give_up_after = std::chrono::milliseconds(300);
  behave(R"({"status": 500})");
  start_engine();
  intake_.tell({accepted(1)});
  intake_.tell({handed_over(1)});
  ASSERT_TRUE(eventually([&] { return lane_.line() && !lane_.line()->runs(); }));
  EXPECT_EQ(lane_.line()->suspended, "HTTP_500");
  EXPECT_TRUE(alarmed("WEBHOOK_SUSPENDED land-office: HTTP_500"));
  const auto before = came().size();
  start_engine();
  behave("{}");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_THAT(came(), SizeIs(before)) << "a restart lifts nothing";
  EXPECT_EQ(lane_.steer({}, "reader"), "NOT_GRANTED");
  EXPECT_EQ(lane_.steer({}), "");
  ASSERT_TRUE(eventually([&] { return taken(1).size() == 2; }));
  EXPECT_THAT(taken(1), ElementsAre("1/0.0", "2/0.0")) << "nothing was lost meanwhile";
}

TEST_F(Webhooks, TheTimeAnEventMayFailGoesOnOverARestart) {
  settings_.give_up_after = std::chrono::milliseconds(1500);
  behave(R"({"status": 500})");
  start_engine();
  intake_.tell({accepted(1)});
  ASSERT_TRUE(eventually([&] { return failing_for() == "HTTP_500"; }));
  const auto since = lane_.line()->failing.front().since;
  start_engine();
  ASSERT_TRUE(eventually([&] { return lane_.line()->failing.front().attempts > 3; }));
  EXPECT_EQ(lane_.line()->failing.front().since, since);
  ASSERT_TRUE(eventually([&] { return !lane_.line()->runs(); }));
}

TEST_F(Webhooks, AnEventAnOperatorGivesUpIsPassed) {
  settings_.give_up_after = std::chrono::milliseconds(200);
  behave(R"({"status": 400})");
  start_engine();
  intake_.tell({accepted(1)});
  intake_.tell({handed_over(1)});
  ASSERT_TRUE(eventually([&] { return lane_.line() && !lane_.line()->runs(); }));
  behave("{}");
  EXPECT_EQ(lane_.steer({lane_.line()->failing.front().event, {}}), "");
  ASSERT_TRUE(eventually([&] { return !taken(1).empty(); }));
  EXPECT_THAT(taken(1), ElementsAre("2/0.0"));
}

TEST_F(Webhooks, GoneMeansGone) {
  behave(R"({"status": 410})");
  start_engine();
  intake_.tell({accepted(1)});
  ASSERT_TRUE(eventually([&] { return lane_.line() && !lane_.line()->runs(); }));
  EXPECT_EQ(lane_.line()->suspended, "HTTP_410");
  EXPECT_THAT(came(), SizeIs(1));
}

TEST_F(Webhooks, ATargetThatMisbehavesHarmsNobodyAndLosesNothing) {
  start_engine();
  intake_.tell({accepted(9)});
  ASSERT_TRUE(eventually([&] { return taken(9).size() == 1; }));
  struct Case {
    const char* behaviour;
    const char* reason;
  };
  std::uint8_t number = 0;
  for (const Case& one : {Case{R"({"delay": 30})", "TIME_OUT_OR_LINE_LOST"}, Case{R"({"large": true})", "ANSWER_TOO_LARGE"},
                          Case{R"({"drop": true})", "TIME_OUT_OR_LINE_LOST"},
                          Case{R"({"status": 307, "location": "http://127.0.0.1:1/inward"})", "REDIRECT"}}) {
    behave(one.behaviour);
    intake_.tell({accepted(++number)});
    ASSERT_TRUE(eventually([&] { return failing_for() == one.reason; })) << one.behaviour << ": " << failing_for();
    behave("{}");
    ASSERT_TRUE(eventually([&] { return lane_.line()->failing.empty(); })) << one.behaviour;
  }
  EXPECT_EQ(lane_.line()->delivered, 5U);
  EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(Webhooks, ManyEventsGoByOneConnectionOfEachThread) {
  start_engine();
  for (int i = 0; i < 100; ++i) intake_.tell({accepted(1), accepted(2), accepted(3), accepted(4)});
  ASSERT_TRUE(eventually([&] { return came().size() >= 400; }));
  std::set<int> connections;
  for (const auto& one : came()) connections.insert(one["line"].get<int>());
  EXPECT_LE(connections.size(), settings_.threads_of_subscription);
  EXPECT_THAT(faults(), IsEmpty());
  const auto seconds = came().back()["time"].get<double>() - came().front()["time"].get<double>();
  RecordProperty("events_per_second", std::to_string(static_cast<int>(399 / seconds)));
}

TEST_F(Webhooks, AConnectionTheSubscriberClosedIsOpenedAgain) {
  start_engine();
  intake_.tell({accepted(1)});
  ASSERT_TRUE(eventually([&] { return taken(1).size() == 1; }));
  receiver_.stop(SIGKILL);
  start_receiver();
  intake_.tell({accepted(1)});
  ASSERT_TRUE(eventually([&] { return taken(1).size() == 2; }));
  EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(Webhooks, ASubscriberIsLeftInPeaceAsLongAsItAsks) {
  settings_.max_backoff = std::chrono::seconds(30);
  behave(R"({"subject": ")" + subject(1) + R"(", "status": 429, "retry_after": "2"})");
  start_engine();
  intake_.tell({accepted(1)});
  ASSERT_TRUE(eventually([&] { return failing_for() == "HTTP_429"; }));
  behave("{}");
  intake_.tell({accepted(2)});
  ASSERT_TRUE(eventually([&] { return taken(1).size() == 1 && taken(2).size() == 1; }));
  ASSERT_THAT(came(), SizeIs(3));
  for (const std::size_t later : {1U, 2U}) EXPECT_GE(came()[later]["time"], came()[0]["time"].get<double>() + 1.9);
}

TEST_F(Webhooks, ATimeOfDayToComeBackAtIsUnderstood) {
  settings_.max_backoff = std::chrono::seconds(30);
  const std::time_t at = std::time(nullptr) + 3;
  std::array<char, 64> date{};
  std::tm parts{};
  gmtime_r(&at, &parts);
  std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  behave(R"({"status": 503, "retry_after": ")" + std::string(date.data()) + R"("})");
  start_engine();
  intake_.tell({accepted(1)});
  ASSERT_TRUE(eventually([&] { return failing_for() == "HTTP_503"; }));
  behave("{}");
  ASSERT_TRUE(eventually([&] { return taken(1).size() == 1; }));
  EXPECT_GE(came()[1]["time"], static_cast<double>(at) - 1);
}

TEST_F(Webhooks, NobodyIsAwaitedLongerThanTheLongestPause) {
  behave(R"({"status": 503, "retry_after": "99999999999"})");
  start_engine();
  intake_.tell({accepted(1)});
  ASSERT_TRUE(eventually([&] { return failing_for() == "HTTP_503"; }));
  behave("{}");
  ASSERT_TRUE(eventually([&] { return taken(1).size() == 1; })) << "max_backoff is 100 ms here";
}

TEST_F(Webhooks, OnlyPublicAndListedTargetsAreCalled) {
  for (const std::string host : {"127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:192.168.1.1]"}) {
    Wish wish;
    wish.url = "https://" + host + ":" + std::to_string(port_) + "/events";
    const auto contents_of_wish = contents(wish);
    http::Client connection;
    const auto answer = deliver(connection, settings_.targets, contents_of_wish.notices.webhooks.front(),
                                test_event("H47", {kDecided}), {kDecided}, stopping_);
    EXPECT_EQ(answer.reason_code, "TARGET_REFUSED") << host;
  }
  EXPECT_THAT(came(), IsEmpty());
}

TEST_F(Webhooks, SendsWhatWasSubscribedOnly) {
  Wish wish;
  wish.types = {"vn.lienthong.intake.dossier_accepted.v1", "vn.lienthong.routing.leg_started.v1"};
  wish.agencies = {"PROVINCE"};
  wish.procedures = {"1.000001"};
  subscribe(wish);
  lane_.know(dossier(1), "COMMUNE", "1.000001");
  lane_.know(dossier(2), "PROVINCE", "1.000001");
  lane_.know(dossier(3), "PROVINCE", "1.000002");
  start_engine();
  for (std::uint8_t number = 1; number <= 4; ++number) intake_.tell({accepted(number), handed_over(number)});
  for (std::uint8_t number = 1; number <= 3; ++number)
    routing_.tell({started(number, "PROVINCE"), started(number, "DISTRICT")});
  ASSERT_TRUE(eventually([&] { return taken(2).size() == 3; }));
  EXPECT_THAT(taken(1), ElementsAre("1/0.0")) << "the event that names the agency";
  EXPECT_THAT(taken(3), IsEmpty());
  EXPECT_THAT(taken(4), IsEmpty()) << "nothing is known of it yet";
  lane_.know(dossier(4), "PROVINCE", "1.000001");
  ASSERT_TRUE(eventually([&] { return taken(4).size() == 1; })) << "it waited";
}

TEST_F(Webhooks, SendsNothingOfBeforeTheSubscription) {
  Wish wish;
  wish.since = shared_kernel::make_day(2025, 11, 26);
  subscribe(wish);
  start_engine();
  intake_.tell({accepted(1)});
  ASSERT_TRUE(eventually([&] { return lane_.line().has_value(); }));
  lane_.steer({"", {kDecided}});
  ASSERT_TRUE(eventually([&] { return taken(1).size() == 1; })) << "sent once it is asked for";
}

TEST_F(Webhooks, ReplaySendsAgainFromATimeWithTheSameKeys) {
  start_engine();
  for (int i = 0; i < 4; ++i) intake_.tell({accepted(1)});
  ASSERT_TRUE(eventually([&] { return lane_.line() && lane_.line()->delivered == 4; }));
  lane_.steer({"", {kDecided + 3'000'000}});
  ASSERT_TRUE(eventually([&] { return lane_.line()->delivered == 6; }));
  EXPECT_THAT(faults(), IsEmpty());
  EXPECT_EQ(came()[4]["key"], came()[2]["key"]);
  EXPECT_EQ(came()[4]["copies"], 2);
}

TEST_F(Webhooks, NothingComesBeforeWhatItWasDecidedFrom) {
  start_engine();
  const auto last = routing_.tell({started(1, "DISTRICT")}, std::pair{"intake", std::uint64_t{2}});
  EXPECT_EQ(last, 1U);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_THAT(came(), IsEmpty());
  intake_.tell({accepted(1)});
  intake_.tell({handed_over(1)});
  ASSERT_TRUE(eventually([&] { return came().size() == 3; }));
  EXPECT_EQ(came()[2]["type"], "vn.lienthong.routing.leg_started.v1");
}

TEST_F(Webhooks, KeysChangeWithoutAPause) {
  start_engine();
  write("land", "the-new-key-2026\n0123456789abcdef\n");
  intake_.tell({accepted(1)});
  ASSERT_TRUE(eventually([&] { return taken(1).size() == 1; })) << "the receiver knows the old one only";
  write("receiver_keys", "the-new-key-2026\n");
  write("land", "the-new-key-2026\n");
  intake_.tell({accepted(1)});
  ASSERT_TRUE(eventually([&] { return taken(1).size() == 2; }));
  write("land", "0123456789abcdef\n");
  intake_.tell({accepted(1)});
  ASSERT_TRUE(eventually([&] { return failing_for() == "HTTP_401"; })) << "an old key is no key";
  write("land", "short\n");
  ASSERT_TRUE(eventually([&] { return failing_for() == "KEYS_UNAVAILABLE"; }));
  write("land", "the-new-key-2026\n");
  ASSERT_TRUE(eventually([&] { return taken(1).size() == 3; }));
}

TEST_F(Webhooks, AnotherOwnerGoesOnWhereThisOneWas) {
  start_engine();
  intake_.tell({accepted(1)});
  ASSERT_TRUE(eventually([&] { return lane_.line() && lane_.line()->delivered == 1; }));
  lane_.serve(false);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  intake_.tell({handed_over(1)});
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_THAT(came(), SizeIs(1)) << "the partition is another's";
  lane_.serve(true);
  ASSERT_TRUE(eventually([&] { return taken(1).size() == 2; }));
  EXPECT_THAT(came(), SizeIs(2));
}

TEST_F(Webhooks, ATestSaysWhatBecameOfIt) {
  start_engine();
  std::mutex mutex;
  std::vector<WebhookAnswer> answers;
  const auto ask = [&](const std::string& subscription) {
    return engine_->test(subscription, [&](const WebhookAnswer& answer) {
      const std::lock_guard lock(mutex);
      answers.push_back(answer);
    });
  };
  const auto answered = [&](std::size_t count) {
    return eventually([&] {
      const std::lock_guard lock(mutex);
      return answers.size() == count;
    });
  };
  EXPECT_FALSE(ask("nobody"));
  ASSERT_TRUE(ask("land-office"));
  ASSERT_TRUE(answered(1));
  EXPECT_TRUE(answers[0].delivered);
  EXPECT_EQ(answers[0].status, 204U);
  receiver_.stop(SIGKILL);
  ASSERT_TRUE(ask("land-office"));
  ASSERT_TRUE(answered(2));
  EXPECT_EQ(answers[1].reason_code, "NOT_REACHED");
}

}  // namespace
}  // namespace lienthong::notification
