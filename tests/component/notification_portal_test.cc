#include "notification/adapters/portal_client.h"
#include "notification/adapters/portal_messages.h"
#include "notification/adapters/portal_sync.h"
#include "platform/observe/system_clock.h"
#include "tests/support/child_process.h"
#include "tests/support/line_world.h"
#include "tests/support/notice_catalogue.h"
#include "tests/support/notice_samples.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <fstream>
#include <sstream>

namespace lienthong::notification {
namespace {

using test_support::ChildProcess;
using test_support::dossier;
using test_support::eventually;
using test_support::kDecided;
using test_support::local;
using test_support::TemporaryDirectory;
using test_support::ToldLedger;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

http::Answer answered(const std::string& body, int status = 200) {
  http::Answer out;
  out.transfer = http::Transfer::kDone;
  out.status = status;
  out.body = body;
  return out;
}

TEST(PortalAnswers, AreTakenWhenTheCodeIsZeroInWhateverForm) {
  using Kind = PortalAnswer::Kind;
  struct Case {
    const char* body;
    Kind kind;
    const char* reason;
  };
  for (const Case& one :
       {Case{R"({"error_code": "0"})", Kind::kTaken, ""}, Case{R"({"error_code": "00"})", Kind::kTaken, ""},
        Case{R"({"error_code": 0, "message": null})", Kind::kTaken, ""},
        Case{R"({"error_code": "17", "message": "lỗi"})", Kind::kRefused, "PORTAL_17"},
        Case{R"({"error_code": 17})", Kind::kRefused, "PORTAL_17"},
        Case{R"({"error_code": -1})", Kind::kRefused, "PORTAL_-1"},
        Case{R"({"error_code": false})", Kind::kUnknown, "ANSWER_UNREADABLE"},
        Case{R"({"error_code": 0.0})", Kind::kUnknown, "ANSWER_UNREADABLE"},
        Case{R"({"error_code": ["0"]})", Kind::kUnknown, "ANSWER_UNREADABLE"},
        Case{R"({"error_code": ""})", Kind::kUnknown, "ANSWER_UNREADABLE"},
        Case{R"({"error_code": "Nguyễn Văn A"})", Kind::kUnknown, "ANSWER_UNREADABLE"},
        Case{R"({"status": "ok"})", Kind::kUnknown, "ANSWER_UNREADABLE"},
        Case{R"("00")", Kind::kUnknown, "ANSWER_UNREADABLE"}, Case{"<html>", Kind::kUnknown, "ANSWER_UNREADABLE"},
        Case{"", Kind::kUnknown, "ANSWER_UNREADABLE"}}) {
    const auto read = read_portal_answer(answered(one.body));
    EXPECT_EQ(read.kind, one.kind) << one.body;
    EXPECT_EQ(read.reason_code, one.reason) << one.body;
  }
  EXPECT_EQ(read_portal_answer(answered("{}", 502)).reason_code, "HTTP_502");
  EXPECT_EQ(read_portal_answer({http::Transfer::kBrokenOff, 0, "", ""}).kind, Kind::kUnknown);
  EXPECT_EQ(read_portal_answer({http::Transfer::kNotBegun, 0, "", ""}).kind, Kind::kNotSent);
}

TEST(PortalMessages, AreTextsWithLocalTimes) {
  EXPECT_EQ(portal_time(local("2026-03-02 08:05")), "20260302080500");
  EXPECT_EQ(portal_time(local("2026-12-31 23:59") + std::chrono::seconds(61)), "20270101000001");
  EXPECT_EQ(portal_time({}), "");
  const auto catalogue = *shared_kernel::Catalogue::make(1, test_support::notice_contents());
  auto state = test_support::notification_state_sample();
  state.submitted_at = local("2026-03-02 07:55");
  state.received_at = local("2026-03-02 08:00");
  state.appointment_at = local("2026-03-16 08:00");
  const PortalStatus status{5, local("2026-03-05 10:00")};
  const Contact contact{"Nguyễn Thị Ví Dụ", "v@example.vn", "0905000000", false, false, {}};
  const auto message = nlohmann::json::parse(dossier_message(*catalogue, state, "id", status, contact, true));
  EXPECT_EQ(message["isUpdating"], "True");
  const auto& item = message["data"][0];
  EXPECT_EQ(item["MaHoSo"], state.dossier_code);
  EXPECT_EQ(item["TrangThaiHoSo"], "5") << "not 9, as one system tells a request for papers";
  EXPECT_EQ(item["NgayNopHoSo"], "20260302075500");
  EXPECT_EQ(item["HinhThuc"], "1") << "the post brings the result";
  EXPECT_EQ(item["NgayTiepNhan"], "20260302080000");
  EXPECT_EQ(item["NgayHenTra"], "20260316080000");
  EXPECT_EQ(item["NgayKetThucXuLy"], "");
  EXPECT_EQ(item["ChuHoSo"], "Nguyễn Thị Ví Dụ");
  EXPECT_EQ(item["KenhThucHien"], "2");
  EXPECT_EQ(item["LoaiDoiTuong"], "3");
  EXPECT_EQ(item["DanhSachHoSoBoSung"][0]["NgayBoSung"], "20260305100000");
  const auto erased = nlohmann::json::parse(dossier_message(*catalogue, state, "id", status, std::nullopt, false));
  EXPECT_EQ(erased["data"][0]["ChuHoSo"], "");
  const auto progress = nlohmann::json::parse(progress_message(*catalogue, state, "id", status));
  EXPECT_EQ(progress["data"][0]["ThoiDiemXuLy"], "20260305100000");
  EXPECT_EQ(progress["data"][0]["NoiDungXuLy"], "Yêu cầu bổ sung giấy tờ");
}

TEST(PortalMessages, WaitForWhatTheyTell) {
  State state;
  EXPECT_FALSE(complete_for(state, 3));
  state.procedure_code = "1.000001";
  state.received_by = "COMMUNE";
  EXPECT_TRUE(complete_for(state, 3));
  EXPECT_FALSE(complete_for(state, 2)) << "no code yet";
  state.dossier_code = "000.01.01.H47-260302-0001";
  EXPECT_TRUE(complete_for(state, 2));
  EXPECT_FALSE(complete_for(state, 9)) << "since when is not known";
  state.processed_at = {1};
  EXPECT_TRUE(complete_for(state, 10));
}

class KnownContact final : public Contacts {
 public:
  Result<Contact> find(const std::string&, const std::string&, const std::vector<shared_kernel::SealedRef>&) override {
    if (reason_.empty()) return Contact{"Nguyễn Thị Ví Dụ", "v@example.vn", "0905000000", false, false, {}};
    return failure({ErrorCode::kUnavailable, reason_, "", "", {}});
  }
  void fail(std::string reason) { reason_ = std::move(reason); }

 private:
  std::string reason_;
};

class NationalPortal : public ::testing::Test {
 protected:
  NationalPortal() : rules_(test_support::notice_contents()), lane_(rules_), intake_(log_, "intake") {}
  ~NationalPortal() override { engine_.reset(); }

  void SetUp() override {
    ASSERT_EQ(ChildProcess({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-keyout", path("portal.key"), "-out", path("portal.pem"), "-days", "1", "-subj",
                            "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"},
                           path("openssl.log"))
                  .wait(),
              0);
    start_portal();
    settings_.first_backoff = std::chrono::milliseconds(50);
    settings_.max_backoff = std::chrono::milliseconds(100);
    settings_.report_every = std::chrono::milliseconds(20);
    settings_.look_every = std::chrono::milliseconds(20);
  }
  void start_portal() {
    write("portal.log", "");
    portal_process_ =
        ChildProcess({"/usr/bin/python3", "-B", LIENTHONG_SOURCE_DIR "/tests/support/portal_simulator.py",
                      std::to_string(port_), path("portal.pem"), path("portal.key"), path("taken.jsonl"), path("behaviour")},
                     path("portal.log"));
    ASSERT_TRUE(eventually([&] { return text_of("portal.log").find("listening") != std::string::npos; }));
  }
  void start_engine() {
    engine_.reset();
    PortalSettings portal;
    portal.url = "https://127.0.0.1:" + std::to_string(port_);
    portal.user = "unit";
    portal.password = "secret";
    portal.unit = "H47.22";
    portal.since = "2025-01-01";
    portal.authorities = path("portal.pem");
    portal.limits.timeout = std::chrono::milliseconds(1000);
    sync_.emplace(portal, PortalParts{lane_, rules_, clock_, contacts_});
    std::vector<EventLedger> ledgers;
    ledgers.push_back({"intake", *relay::PublicEvents::make("intake", "H47", *intake::v1::EventType_descriptor())});
    std::vector<OwnDestination> own;
    own.push_back(sync_->destination());
    engine_ = std::make_unique<WebhookEngine>(
        WebhookParts{lane_, rules_, clock_, log_, [](const LedgerPartition&, std::string_view, std::string_view) {}, "all",
                     "H47", std::move(ledgers), std::move(own)},
        settings_);
  }
  /// The dossier's status changes; notification knows what it must.
  void change(std::uint8_t number, std::uint32_t status) {
    lane_.change(dossier(number), [&](State& state) {
      state.home = *HomeKey::parse("C01");
      state.procedure_code = "1.000001";
      state.received_by = "COMMUNE";
      if (status == 1) state.submitted_at = {kDecided};
      constexpr std::uint32_t kNotAccepted = 3;
      if (status >= 2 && status != kNotAccepted) state.dossier_code = "000.01.01.H47-251124-000" + std::to_string(number);
      if (status >= 9) state.processed_at = {kDecided};
    });
    intake::v1::StatusChanged event;
    event.set_from_status(std::exchange(status_[number], status));
    event.set_to_status(status);
    intake_.tell({{dossier(number), intake::v1::EVENT_TYPE_STATUS_CHANGED, event.SerializeAsString()}});
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
  std::vector<nlohmann::json> taken() const {
    std::vector<nlohmann::json> out;
    std::ifstream file(path("taken.jsonl"));
    for (std::string line; std::getline(file, line);) {
      auto json = nlohmann::json::parse(line, nullptr, false);
      if (!json.is_discarded()) out.push_back(std::move(json));
    }
    return out;
  }
  /// `DongBoHoSoMC 2` for every message of this dossier.
  std::vector<std::string> messages(std::uint8_t number) const {
    std::vector<std::string> out;
    for (const auto& one : taken()) {
      const auto code = one["code"].get<std::string>();
      if (code.ends_with("-000" + std::to_string(number)))
        out.push_back(one["service"].get<std::string>() + ' ' + one["status"].get<std::string>());
    }
    return out;
  }
  /// What the portal found wrong, and steps it had before.
  std::vector<std::string> faults() const {
    std::vector<std::string> out;
    for (const auto& one : taken()) {
      if (!one["fault"].is_null()) out.push_back(one["fault"]);
      if (one["doubled"].get<bool>()) out.push_back("doubled");
    }
    return out;
  }
  std::optional<WebhookLine> line() { return lane_.line("portal/national"); }
  std::string failing_for() {
    const auto now = line();
    return now && !now->failing.empty() ? now->failing.front().reason_code : "";
  }

  std::map<std::uint8_t, std::uint32_t> status_;
  TemporaryDirectory directory_;
  std::uint16_t port_ = test_support::free_port();
  ChildProcess portal_process_;
  observe::SystemClock clock_;
  memory::InMemoryLog log_;
  test_support::StillRules rules_;
  test_support::OneLane lane_;
  ToldLedger intake_;
  KnownContact contacts_;
  WebhookSettings settings_;
  std::optional<PortalSync> sync_;
  std::unique_ptr<WebhookEngine> engine_;
};

TEST_F(NationalPortal, IsToldOfEveryStatusInTheOrderOfTheDossier) {
  start_engine();
  for (const std::uint32_t status : {2U, 4U, 5U, 4U, 9U, 10U}) change(1, status);
  ASSERT_TRUE(eventually([&] { return messages(1).size() == 12; })) << failing_for();
  EXPECT_THAT(messages(1),
              ElementsAre("DongBoHoSoMC 2", "CapNhatTienDoHoSoMC 2", "DongBoHoSoMC 4", "CapNhatTienDoHoSoMC 4",
                          "DongBoHoSoMC 5", "CapNhatTienDoHoSoMC 5", "DongBoHoSoMC 4", "CapNhatTienDoHoSoMC 4",
                          "DongBoHoSoMC 9", "CapNhatTienDoHoSoMC 9", "DongBoHoSoMC 10", "CapNhatTienDoHoSoMC 10"));
  EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(NationalPortal, ALostReplyDoublesNothing) {
  behave(R"({"lose": 5})");
  start_engine();
  for (const std::uint32_t status : {2U, 4U, 9U, 10U}) change(1, status);
  ASSERT_TRUE(eventually([&] { return line() && line()->delivered == 4; })) << failing_for();
  EXPECT_THAT(messages(1), SizeIs(8)) << "asked before it was told again";
  EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(NationalPortal, ACrashDoublesNothing) {
  lane_.lose_reports(true);
  start_engine();
  change(1, 2);
  change(1, 4);
  ASSERT_TRUE(eventually([&] { return messages(1).size() == 4; })) << failing_for();
  engine_.reset();  // what it had done was never written down
  portal_process_.stop(SIGKILL);
  start_portal();
  lane_.lose_reports(false);
  change(1, 9);
  start_engine();
  ASSERT_TRUE(eventually([&] { return line() && line()->delivered == 3; })) << failing_for();
  EXPECT_THAT(messages(1), SizeIs(6));
  EXPECT_EQ(messages(1).back(), "CapNhatTienDoHoSoMC 9");
  EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(NationalPortal, AnErrorInsideA200IsNoAnswer) {
  behave(R"({"error": "17"})");
  start_engine();
  change(1, 2);
  ASSERT_TRUE(eventually([&] { return failing_for() == "PORTAL_17"; }));
  behave(R"({"error": true})");
  ASSERT_TRUE(eventually([&] { return failing_for() == "ANSWER_UNREADABLE"; }));
  behave(R"({"status": 502})");
  ASSERT_TRUE(eventually([&] { return failing_for() == "HTTP_502" || failing_for() == "PORTAL_LOGIN"; }));
  EXPECT_THAT(taken(), IsEmpty());
  behave(R"({"code": 0})");
  ASSERT_TRUE(eventually([&] { return messages(1).size() == 2; })) << failing_for();
  EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(NationalPortal, AForgottenSessionIsOpenedAgain) {
  start_engine();
  change(1, 2);
  ASSERT_TRUE(eventually([&] { return messages(1).size() == 2; }));
  behave(R"({"forget": 1})");
  change(1, 4);
  ASSERT_TRUE(eventually([&] { return messages(1).size() == 4; })) << failing_for();
  EXPECT_THAT(line()->failing, IsEmpty()) << "not even a failure";
}

TEST_F(NationalPortal, WaitsWithoutTheContactAndGoesOnWithoutAnErasedOne) {
  contacts_.fail("CONTENT_UNAVAILABLE");
  start_engine();
  change(1, 2);
  ASSERT_TRUE(eventually([&] { return failing_for() == "CONTACT_UNAVAILABLE"; }));
  contacts_.fail("PERSONAL_DATA_ERASED");
  ASSERT_TRUE(eventually([&] { return messages(1).size() == 2; }));
  EXPECT_EQ(taken().front()["owner"], "");
}

TEST_F(NationalPortal, ADossierFiledOnlineIsOneDossierFromItsReceiptOn) {
  start_engine();
  change(1, 1);
  ASSERT_TRUE(eventually([&] { return line() && line()->delivered == 1; })) << failing_for();
  EXPECT_THAT(taken(), IsEmpty()) << "it has no code yet";
  change(1, 2);
  ASSERT_TRUE(eventually([&] { return line()->delivered == 2; })) << failing_for();
  EXPECT_THAT(messages(1), ElementsAre("DongBoHoSoMC 2", "CapNhatTienDoHoSoMC 1", "CapNhatTienDoHoSoMC 2"));
  EXPECT_THAT(taken(), SizeIs(3)) << "nothing under another code";
  EXPECT_EQ(taken()[0]["item"]["NgayNopHoSo"], portal_time({kDecided}));
  EXPECT_EQ(taken()[0]["item"]["HinhThuc"], "0");
  EXPECT_EQ(taken()[1]["time"], portal_time({kDecided}));
  EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(NationalPortal, ALostReplyToTheFirstStepDoublesNothing) {
  behave(R"({"lose": 3})");
  start_engine();
  change(1, 1);
  change(1, 2);
  ASSERT_TRUE(eventually([&] { return line() && line()->delivered == 2; })) << failing_for();
  EXPECT_THAT(messages(1), SizeIs(3));
  EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(NationalPortal, ADossierThatWasNotAcceptedHasItsIdForACode) {
  start_engine();
  change(1, 1);
  change(1, 3);
  ASSERT_TRUE(eventually([&] { return line() && line()->delivered == 2; })) << failing_for();
  ASSERT_THAT(taken(), SizeIs(3));
  for (const auto& one : taken()) EXPECT_EQ(one["code"], "C01_" + test_support::subject(1));
  EXPECT_NE(taken()[0]["item"]["NgayTuChoi"], "");
  EXPECT_THAT(faults(), IsEmpty());
}

// Source: a withdrawal counts only if the dossier was received.
TEST_F(NationalPortal, IsNotToldOfADossierThatWasWithdrawnBeforeItsReceipt) {
  start_engine();
  change(1, 1);
  change(1, 7);
  change(2, 2);
  ASSERT_TRUE(eventually([&] { return line() && line()->delivered == 3; })) << failing_for();
  EXPECT_THAT(taken(), SizeIs(2));
  EXPECT_THAT(messages(2), SizeIs(2));
}

TEST(PortalSettingsTest, NamesWhatIsWrong) {
  const TemporaryDirectory directory;
  const auto file = directory.path() + "/portal.yaml";
  const auto read = [&](const std::string& text) {
    std::ofstream(file) << text;
    const auto settings = read_portal_settings(file);
    return settings ? settings->password : settings.error().message_en.substr(file.size() + 2);
  };
  std::ofstream(directory.path() + "/password") << "secret\n";
  const std::string good = "url: https://portal.example\nuser: unit\nunit: H47.22\nsince: 2026-01-01\npassword_file: ";
  EXPECT_EQ(read(good + directory.path() + "/password"), "secret");
  EXPECT_EQ(read(good + "/nowhere"), "password_file can't be read.");
  EXPECT_EQ(read("url: http://portal.example"), "url is https://.");
  EXPECT_EQ(read("url: https://portal.example"), "user and unit are required.");
  EXPECT_EQ(read("url: https://portal.example\nuser: u\nunit: v"), "since is a day, as 2026-01-01.");
  EXPECT_THAT(read("url: ["), ::testing::HasSubstr("not readable"));
}

}  // namespace
}  // namespace lienthong::notification
