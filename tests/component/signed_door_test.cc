#include "platform/http/signed_door.h"

#include "platform/base/base64.h"
#include "platform/http/http_client.h"
#include "platform/http/signature.h"
#include "tests/support/child_process.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace lienthong::http {
namespace {

using test_support::TemporaryDirectory;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kNow = 1'764'000'000;

class StillClock final : public ports::Clock {
 public:
  Instant now() const override { return {kNow * 1'000'000}; }
  Instant steady() const override { return now(); }
  bool trusted() const override { return true; }
};

TEST(Signature, IsThatOfStandardWebhooks) {
  // Vector of the specification's reference libraries (standard-webhooks, Apache 2.0).
  const auto key = from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(key);
  const auto headers = sign({}, {*key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", {1'614'265'330'000'000}, R"({"test": 2432232314})");
  EXPECT_THAT(headers, ElementsAre(std::pair{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
                                   std::pair{"webhook-timestamp", "1614265330"},
                                   std::pair{"webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}));
}

TEST(Signature, Base64IsReadBackAsItWasWritten) {
  for (const std::string text : {"", "a", "ab", "abc", "\xFF\xFE\x01 \x7F"}) EXPECT_EQ(*from_base64(to_base64(text)), text);
  for (const char* wrong : {"a", "YQ=", "YQ==YQ==", "YR==", "Y-==", "====", "=AAA"})
    EXPECT_FALSE(from_base64(wrong)) << wrong;
}

class Door : public ::testing::Test {
 protected:
  void SetUp() override {
    keys("0123456789abcdef\n");
    open({});
  }
  void keys(const std::string& text) { std::ofstream(path("keys"), std::ios::trunc) << text; }
  std::string path(const std::string& name) const { return directory_.path() + '/' + name; }
  void open(DoorSettings settings) {
    door_.reset();
    settings.address = "127.0.0.1:0";
    settings.timeout = std::chrono::seconds(2);
    settings.body_bytes_max = 1000;
    const auto take = [this](const SignedMessage& message, const std::atomic<bool>&) {
      const std::lock_guard lock(mutex_);
      taken_.push_back(message.id + ':' + message.body);
      return answer_;
    };
    SignatureForm hex{"", "X-Carrier-Time", "X-Carrier-Signature", false};
    auto opened = SignedDoor::open(std::move(settings),
                                   {{"/receipts", {}, path("keys"), take}, {"/scans", hex, path("keys"), take}}, clock_);
    ASSERT_TRUE(opened) << opened.error().message_en;
    door_ = *std::move(opened);
  }
  Answer post(std::vector<std::pair<std::string, std::string>> headers, const std::string& body,
              const std::string& to = "/receipts") {
    Request request;
    request.url = scheme_ + "://127.0.0.1:" + std::to_string(door_->port()) + to;
    request.headers = std::move(headers);
    request.body = body;
    request.authorities = authorities_;
    return send(request, stopping_);
  }
  Answer post_signed(const std::string& key, const std::string& body, std::int64_t at = kNow) {
    return post(sign({}, {key}, "m1", {at * 1'000'000}, body), body);
  }

  TemporaryDirectory directory_;
  StillClock clock_;
  std::mutex mutex_;
  std::vector<std::string> taken_;
  DoorAnswer answer_;
  std::string scheme_ = "http";
  std::string authorities_;
  std::atomic<bool> stopping_{false};
  std::unique_ptr<SignedDoor> door_;
};

TEST_F(Door, HandsOnWhatIsSigned) {
  EXPECT_EQ(post_signed("0123456789abcdef", "{}").status, 204);
  EXPECT_THAT(taken_, ElementsAre("m1:{}"));
}

TEST_F(Door, TakesThePartysOwnForm) {
  const SignatureForm form{"", "X-Carrier-Time", "X-Carrier-Signature", false};
  EXPECT_EQ(post(sign(form, {"0123456789abcdef"}, "", {kNow * 1'000'000}, "[1]"), "[1]", "/scans").status, 204);
  EXPECT_THAT(taken_, ElementsAre(":[1]"));
}

TEST_F(Door, HandsOnNothingThatIsNotSigned) {
  EXPECT_EQ(post({}, "{}").body, R"({"reason":"SIGNATURE_MISSING"})");
  EXPECT_EQ(post_signed("another key, 16+", "{}").body, R"({"reason":"SIGNATURE_WRONG"})");
  EXPECT_EQ(post_signed("0123456789abcdef", "{}", kNow - 301).body, R"({"reason":"SIGNATURE_STALE"})");
  EXPECT_EQ(post_signed("0123456789abcdef", "{}", kNow + 301).body, R"({"reason":"SIGNATURE_STALE"})");
  auto headers = sign({}, {"0123456789abcdef"}, "m1", {kNow * 1'000'000}, "{}");
  EXPECT_EQ(post(headers, "{ }").body, R"({"reason":"SIGNATURE_WRONG"})");
  headers[0].second = "m2";
  EXPECT_EQ(post(headers, "{}").body, R"({"reason":"SIGNATURE_WRONG"})");
  headers[1].second = "99999999999999999999";
  EXPECT_EQ(post(headers, "{}").body, R"({"reason":"SIGNATURE_MISSING"})");
  EXPECT_THAT(taken_, IsEmpty());
}

TEST_F(Door, TwoKeysAreGoodWhileTheyAreChangedAndFilesAreReadAgain) {
  keys("the new key, here\n0123456789abcdef\n");
  EXPECT_EQ(post_signed("0123456789abcdef", "old").status, 204);
  EXPECT_EQ(post_signed("the new key, here", "new").status, 204);
  keys("the new key, here\n");
  EXPECT_EQ(post_signed("0123456789abcdef", "old").status, 401);
  keys("short\n");
  EXPECT_EQ(post_signed("the new key, here", "new").status, 503);
  EXPECT_THAT(taken_, ElementsAre("m1:old", "m1:new"));
}

TEST_F(Door, SaysWhatIsWrongWithARequest) {
  EXPECT_EQ(post({}, "{}", "/elsewhere").status, 404);
  EXPECT_EQ(post_signed("0123456789abcdef", std::string(1001, 'x')).status, 413);
  Request get;
  get.method = "GET";
  get.url = "http://127.0.0.1:" + std::to_string(door_->port()) + "/receipts";
  EXPECT_EQ(send(get, stopping_).status, 405);
  EXPECT_THAT(taken_, IsEmpty());
}

TEST_F(Door, GivesTheAnswerOfTheOneWhoTakes) {
  answer_ = {503, R"({"reason":"DROPPED"})", std::chrono::seconds(5)};
  const auto got = post_signed("0123456789abcdef", "{}");
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.body, R"({"reason":"DROPPED"})");
}

TEST_F(Door, ASlowSenderIsCutOffAndHoldsUpNobody) {
  const int slow = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(static_cast<std::uint16_t>(door_->port()));
  ::inet_pton(AF_INET, "127.0.0.1", &place.sin_addr);
  ASSERT_EQ(::connect(slow, reinterpret_cast<sockaddr*>(&place), sizeof place), 0);
  const std::string head = "POST /receipts HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1";
  ASSERT_EQ(::send(slow, head.data(), head.size(), 0), static_cast<ssize_t>(head.size()));
  EXPECT_EQ(post_signed("0123456789abcdef", "{}").status, 204);
  char byte = 0;
  EXPECT_LE(::recv(slow, &byte, 1, 0), 0) << "closed by the door";
  ::close(slow);
}

TEST_F(Door, SpeaksTlsWithItsCertificate) {
  ASSERT_EQ(test_support::ChildProcess({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                                        "-nodes", "-keyout", path("door.key"), "-out", path("door.pem"), "-days", "1",
                                        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"},
                                       path("openssl.log"))
                .wait(),
            0);
  const auto text = [&](const std::string& name) {
    std::stringstream out;
    out << std::ifstream(path(name)).rdbuf();
    return out.str();
  };
  DoorSettings settings;
  settings.certificate = text("door.pem");
  settings.private_key = text("door.key");
  open(settings);
  scheme_ = "https";
  EXPECT_EQ(post_signed("0123456789abcdef", "{}").transfer, Transfer::kNotTrusted);
  authorities_ = path("door.pem");
  EXPECT_EQ(post_signed("0123456789abcdef", "{}").status, 204);
}

TEST_F(Door, SaysWhyItDoesNotOpen) {
  const auto refused = [&](const std::string& address, const std::string& file) {
    DoorSettings settings;
    settings.address = address;
    const auto door = SignedDoor::open(settings, {{"/x", {}, file, nullptr}}, clock_);
    return door ? std::string("open") : door.error().reason;
  };
  EXPECT_EQ(refused("localhost:1", path("keys")), "START");
  EXPECT_EQ(refused("127.0.0.1:" + std::to_string(door_->port()), path("keys")), "START");
  EXPECT_EQ(refused("127.0.0.1:0", path("none")), "KEY_FILE");
}

}  // namespace
}  // namespace lienthong::http
