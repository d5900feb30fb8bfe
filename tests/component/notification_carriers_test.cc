#include "notification/adapters/provider_settings.h"
#include "notification/adapters/sender.h"
#include "notification/adapters/sms_carrier.h"
#include "notification/adapters/smtp_carrier.h"
#include "platform/http/http_client.h"
#include "platform/http/smtp_client.h"
#include "tests/support/child_process.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace lienthong::notification {
namespace {

using test_support::ChildProcess;
using test_support::TemporaryDirectory;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

/// A peer in a process of its own, with a certificate of its own.
class Peer : public ::testing::Test {
 protected:
  Peer(std::string program, std::string record) : program_(std::move(program)), record_(std::move(record)) {}
  void SetUp() override {
    const auto key = path("sink.key");
    ASSERT_EQ(ChildProcess({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-keyout", key, "-out", path("sink.pem"), "-days", "1", "-subj", "/CN=localhost", "-addext",
                            "subjectAltName=IP:127.0.0.1"},
                           path("openssl.log"))
                  .wait(),
              0);
    start();
  }
  void start() {
    std::ofstream(path("sink.log"), std::ios::trunc).close();
    sink_ = ChildProcess({"/usr/bin/python3", "-B", LIENTHONG_SOURCE_DIR + program_, std::to_string(port_), path("sink.pem"),
                          path("sink.key"), path(record_)},
                         path("sink.log"));
    ASSERT_TRUE(eventually([&] { return text_of("sink.log").find("listening") != std::string::npos; }));
  }
  std::string path(const std::string& name) const { return directory_.path() + '/' + name; }
  std::string text_of(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }
  std::vector<nlohmann::json> recorded() const {
    std::vector<nlohmann::json> out;
    std::ifstream file(path(record_));
    for (std::string line; std::getline(file, line);) out.push_back(nlohmann::json::parse(line));
    return out;
  }

  TemporaryDirectory directory_;
  std::uint16_t port_ = test_support::free_port();
  ChildProcess sink_;
  std::atomic<bool> stopping_{false};

 private:
  std::string program_;
  std::string record_;
};

class MailSink : public Peer {
 protected:
  MailSink() : Peer("/tools/smtp_sink/smtp_sink.py", "mail.jsonl") {}
  std::vector<nlohmann::json> mail() const { return recorded(); }
  http::SmtpServer server() const {
    http::SmtpServer out;
    out.url = "smtps://127.0.0.1:" + std::to_string(port_);
    out.authorities = path("sink.pem");
    return out;
  }
  std::optional<Carried> carry(const std::string& to, const std::string& key = "key-1") {
    SmtpCarrier carrier(server(), "thong-bao@lienthong.example", "Dịch vụ công");
    return carrier.carry({key,
                          to,
                          "Hồ sơ đã được tiếp nhận, mời ông bà tra cứu trên Cổng dịch vụ công quốc gia",
                          "Kính gửi ông Nguyễn Văn A,\n.\nHồ sơ đã được tiếp nhận.",
                          {1'772'413'200'000'000}},
                         stopping_);
  }
};

TEST_F(MailSink, TakesAMessageOverTlsWithItsKeyAndItsLetters) {
  const auto carried = carry("nguoi-dan@example.vn");
  ASSERT_TRUE(carried);
  EXPECT_EQ(carried->result, SendResult::kSent) << carried->reason_code;
  ASSERT_THAT(mail(), SizeIs(1));
  const auto got = mail()[0];
  EXPECT_EQ(got["key"], "key-1");
  EXPECT_EQ(got["to"], "nguoi-dan@example.vn");
  EXPECT_EQ(got["subject"], "Hồ sơ đã được tiếp nhận, mời ông bà tra cứu trên Cổng dịch vụ công quốc gia");
  EXPECT_EQ(got["body"], "Kính gửi ông Nguyễn Văn A,\n.\nHồ sơ đã được tiếp nhận.");
}

TEST_F(MailSink, SaysWhichFailureIsForEverAndWhichIsNot) {
  EXPECT_EQ(carry("permanent-failure@example.vn")->result, SendResult::kPermanent);
  EXPECT_EQ(carry("permanent-failure@example.vn")->reason_code, "SMTP_550");
  EXPECT_EQ(carry("temporary-failure@example.vn")->result, SendResult::kTemporary);
  EXPECT_EQ(carry("temporary-failure@example.vn")->reason_code, "SMTP_451");
  EXPECT_THAT(mail(), IsEmpty());
}

TEST_F(MailSink, ALineLostAfterTheMessageWasTakenIsToldByItsKey) {
  const auto first = carry("drop@example.vn", "key-7");
  EXPECT_EQ(first->result, SendResult::kTemporary) << "nothing is known";
  EXPECT_EQ(first->reason_code, "LINE_LOST");
  EXPECT_EQ(carry("drop@example.vn", "key-7")->result, SendResult::kSent);
  ASSERT_THAT(mail(), SizeIs(2));
  EXPECT_EQ(mail()[1]["key"], "key-7");
  EXPECT_EQ(mail()[1]["copies"], 2) << "the receiver recognises the repetition, even over a restart";
  sink_.stop(SIGKILL);
  start();
  carry("nguoi-dan@example.vn", "key-7");
  EXPECT_EQ(mail()[2]["copies"], 3);
}

TEST_F(MailSink, NoValueBecomesAHeader) {
  SmtpCarrier carrier(server(), "thong-bao@lienthong.example", "Dịch vụ\r\nBcc: x@y.vn");
  const auto carried =
      carrier.carry({"key-1", "nguoi-dan@example.vn", "Hồ sơ\r\nBcc: khac@example.vn\r\n\r\nthân", "x", {}}, stopping_);
  EXPECT_EQ(carried->result, SendResult::kSent);
  ASSERT_THAT(mail(), SizeIs(1));
  EXPECT_THAT(mail()[0]["headers"].get<std::vector<std::string>>(), Not(Contains("Bcc")));
  for (const char* address : {"a@b.vn\r\nRCPT TO:<c@d.vn>", "a@b.vn>, <c@d.vn", "a b@c.vn", "a@b@c", "@b.vn", "a@", ""}) {
    EXPECT_EQ(carry(address)->result, SendResult::kPermanent) << address;
  }
  EXPECT_THAT(mail(), SizeIs(1));
}

TEST_F(MailSink, SaysNothingToAServerItDoesNotTrust) {
  auto other = server();
  other.authorities = "";
  const auto carried = SmtpCarrier(other, "a@b.vn", "").carry({"k", "c@d.vn", "s", "b", {}}, stopping_);
  EXPECT_EQ(carried->result, SendResult::kTechnical);
  EXPECT_EQ(carried->reason_code, "NOT_TRUSTED");
  EXPECT_THAT(mail(), IsEmpty());
}

TEST_F(MailSink, AServerThatIsAwayIsATemporaryFailure) {
  sink_.stop(SIGKILL);
  EXPECT_EQ(carry("nguoi-dan@example.vn")->reason_code, "NO_CONNECTION");
  EXPECT_EQ(carry("nguoi-dan@example.vn")->result, SendResult::kTemporary);
}

TEST_F(MailSink, ASlowServerIsLeftAloneWhenTheProcessEnds) {
  std::thread end([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    stopping_ = true;
  });
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_FALSE(carry("slow@example.vn")) << "nothing is known, so nothing is reported";
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  end.join();
}

class HttpsPeer : public Peer {
 protected:
  HttpsPeer() : Peer("/tests/support/https_peer.py", "requests.jsonl") {}
  http::Request request(const std::string& where) const {
    http::Request out;
    out.url = "https://127.0.0.1:" + std::to_string(port_) + where;
    out.authorities = path("sink.pem");
    out.reach = http::Reach::kPublic;
    out.listed = {"127.0.0.1:" + std::to_string(port_)};
    return out;
  }
};

TEST_F(HttpsPeer, AGatewaySendsAKnownKeyOnce) {
  SmsGateway gateway;
  gateway.url = "https://127.0.0.1:" + std::to_string(port_) + "/sms";
  gateway.token = "secret";
  gateway.sender = "DICHVUCONG";
  gateway.authorities = path("sink.pem");
  SmsCarrier carrier(gateway);
  const Message message{"key-1", "+84905000000", "", "Ho so 1 da duoc tiep nhan.", {}};
  for (int i = 0; i < 2; ++i) {
    const auto carried = carrier.carry(message, stopping_);
    ASSERT_TRUE(carried);
    EXPECT_EQ(carried->result, SendResult::kSent) << carried->reason_code;
    EXPECT_EQ(carried->reference, "gw-1");
  }
  ASSERT_THAT(recorded(), SizeIs(2));
  EXPECT_EQ(recorded()[0]["headers"]["Idempotency-Key"], "key-1");
  EXPECT_EQ(recorded()[0]["headers"]["Authorization"], "Bearer secret");
  EXPECT_EQ(recorded()[0]["body"], sms_request_body("DICHVUCONG", message));
}

TEST_F(HttpsPeer, ARedirectInwardIsNotFollowed) {
  const auto answer = http::send(request("/redirect"), stopping_);
  EXPECT_EQ(answer.transfer, http::Transfer::kDone) << answer.detail;
  EXPECT_EQ(answer.status, 307);
  EXPECT_THAT(recorded(), SizeIs(1));
}

TEST_F(HttpsPeer, AnAnswerOfHundredMegabytesIsBrokenOff) {
  const auto answer = http::send(request("/large"), stopping_);
  EXPECT_EQ(answer.transfer, http::Transfer::kTooLarge);
  EXPECT_TRUE(answer.body.empty());
}

TEST_F(HttpsPeer, AnAnswerThatTakesTooLongIsNotAwaited) {
  auto slow = request("/slow");
  slow.limits.timeout = std::chrono::seconds(1);
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(http::send(slow, stopping_).transfer, http::Transfer::kBrokenOff);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST_F(HttpsPeer, ALineLostBehindTheRequestIsNotTakenForSuccess) {
  EXPECT_EQ(http::send(request("/drop"), stopping_).transfer, http::Transfer::kBrokenOff);
  EXPECT_THAT(recorded(), SizeIs(1));
}

TEST_F(HttpsPeer, AnUnlistedInternalTargetIsNotCalled) {
  auto inward = request("/");
  inward.listed.clear();
  EXPECT_EQ(http::send(inward, stopping_).transfer, http::Transfer::kRefused);
  inward.listed = {"localhost:" + std::to_string(port_)};
  EXPECT_EQ(http::send(inward, stopping_).transfer, http::Transfer::kRefused) << "the name counts, not where it leads";
  EXPECT_THAT(recorded(), IsEmpty());
}

TEST(SmsGatewayTest, UnderstandsTheRecordedExchange) {
  std::stringstream text;
  text << std::ifstream(LIENTHONG_SOURCE_DIR "/tests/contract/golden/sms_gateway.json").rdbuf();
  const auto exchange = nlohmann::json::parse(text.str());
  const Message message{exchange["message"]["key"], exchange["message"]["to"], "", exchange["message"]["text"], {}};
  EXPECT_EQ(sms_request_body(exchange["sender"], message), exchange["request"]);
  const std::map<std::string, SendResult> results = {{"sent", SendResult::kSent},
                                                     {"permanent", SendResult::kPermanent},
                                                     {"temporary", SendResult::kTemporary},
                                                     {"technical", SendResult::kTechnical}};
  for (const auto& answer : exchange["answers"]) {
    const auto carried = meaning_of(http::Answer{http::Transfer::kDone, answer["status"], answer["body"], ""});
    EXPECT_EQ(carried.result, results.at(answer["result"])) << answer;
    EXPECT_EQ(carried.reason_code, answer["reason"]) << answer;
    EXPECT_EQ(carried.reference, answer["reference"]) << answer;
  }
}

TEST(ProviderBudgetsTest, GiveAProviderItsMinute) {
  ProviderBudgets budgets;
  const Instant now{60'000'000LL * 100 + 5'000'000};
  EXPECT_FALSE(budgets.take("a", 2, now));
  EXPECT_FALSE(budgets.take("a", 2, now));
  EXPECT_EQ(budgets.take("a", 2, now), (Instant{60'000'000LL * 101}));
  EXPECT_FALSE(budgets.take("b", 2, now)) << "each has its own";
  EXPECT_FALSE(budgets.take("a", 2, {60'000'000LL * 101}));
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(budgets.take("c", 0, now)) << "no bound";
}

TEST(SmtpMeaningTest, TellsOurFaultsFromTheRecipients) {
  struct Case {
    int code;
    SendResult result;
  };
  for (const auto& [code, result] : std::vector<Case>{{250, SendResult::kSent},
                                                      {421, SendResult::kTemporary},
                                                      {452, SendResult::kTemporary},
                                                      {500, SendResult::kTechnical},
                                                      {530, SendResult::kTechnical},
                                                      {535, SendResult::kTechnical},
                                                      {550, SendResult::kPermanent},
                                                      {553, SendResult::kPermanent},
                                                      {554, SendResult::kPermanent}}) {
    EXPECT_EQ(meaning_of(http::MailAnswer{http::Transfer::kDone, code, ""}).result, result) << code;
  }
}

TEST(ProviderSettingsTest, NamesWhatIsWrong) {
  const TemporaryDirectory directory;
  const auto file = directory.path() + "/providers.yaml";
  const auto read = [&](const std::string& text) {
    std::ofstream(file) << text;
    const auto providers = read_providers(file);
    return providers ? std::to_string(providers->carriers.size()) + " " + std::to_string(providers->receipts.size())
                     : providers.error().message_en;
  };
  EXPECT_EQ(
      read("providers:\n  - {id: a, kind: trial, result: success}\n  - {id: b, kind: trial, result: permanent-failure}"),
      "2 0");
  std::ofstream(directory.path() + "/keys") << "0123456789abcdef";
  EXPECT_EQ(read("providers: [{id: a, kind: trial, result: success, receipt_keys_file: " + directory.path() + "/keys}]"),
            "1 1");
  EXPECT_THAT(read("providers: [{id: a, kind: trial, result: success, receipt_keys_file: /nowhere}]"),
              HasSubstr("one or two keys"));
  EXPECT_THAT(read("providers: [{id: a, kind: fax}]"), HasSubstr("a: kind is smtp, sms or trial"));
  EXPECT_THAT(read("providers: [{id: a, kind: smtp, url: 'smtps://x:1', from: nobody}]"),
              HasSubstr("from is no mail address"));
  EXPECT_THAT(read("providers: [{id: a, kind: smtp, url: 'http://x', from: a@b}]"), HasSubstr("url is smtps"));
  EXPECT_THAT(read("providers: [{id: a, kind: sms, url: 'http://x'}]"), HasSubstr("url is https"));
  EXPECT_THAT(read("providers: [{id: a, kind: sms, url: 'https://x', token_file: /nowhere}]"), HasSubstr("token_file"));
  EXPECT_THAT(read("providers: [{id: a, kind: trial, result: success}, {id: a, kind: trial, result: success}]"),
              HasSubstr("stands twice"));
  EXPECT_THAT(read("providers: ["), HasSubstr("not readable"));
}

TEST(PublicAddressTest, IsReachableFromAnywhere) {
  for (const char* address : {"8.8.8.8", "203.113.131.1", "1.1.1.1", "2001:4860:4860::8888", "2402:800::1"})
    EXPECT_TRUE(http::is_public_address(address)) << address;
  for (const char* address : {"127.0.0.1",
                              "10.1.2.3",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "169.254.169.254",
                              "100.64.0.1",
                              "0.0.0.0",
                              "224.0.0.1",
                              "255.255.255.255",
                              "192.0.2.1",
                              "198.18.0.1",
                              "::1",
                              "::",
                              "fe80::1",
                              "fc00::1",
                              "fd12::1",
                              "ff02::1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "64:ff9b::7f00:1",
                              "2002:7f00:1::",
                              "2001:db8::1",
                              "nonsense",
                              ""})
    EXPECT_FALSE(http::is_public_address(address)) << address;
}

TEST(GuardedRequestTest, CallsNoInternalAddressAndNoClearText) {
  const std::atomic<bool> stopping{false};
  http::Request request;
  request.reach = http::Reach::kPublic;
  for (const char* url : {"https://127.0.0.1:1/", "https://localhost:1/", "https://[::1]:1/", "https://2130706433:1/",
                          "https://0x7f.1:1/", "https://10.0.0.1:1/", "https://169.254.169.254/latest/meta-data"}) {
    request.url = url;
    EXPECT_EQ(http::send(request, stopping).transfer, http::Transfer::kRefused) << url;
  }
  for (const char* url : {"http://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/", "smtp://127.0.0.1/"}) {
    request.url = url;
    EXPECT_EQ(http::send(request, stopping).transfer, http::Transfer::kRefused) << url;
  }
  request.url = "https://127.0.0.1:1/";
  request.listed = {"127.0.0.1:1"};
  EXPECT_EQ(http::send(request, stopping).transfer, http::Transfer::kNotBegun) << "listed, hence tried";
  request.headers = {{"X", "a\r\nHost: b"}};
  EXPECT_EQ(http::send(request, stopping).transfer, http::Transfer::kRefused);
}

}  // namespace
}  // namespace lienthong::notification
