#include "catalogue/adapters/catalogue_yaml.h"
#include "catalogue/adapters/contents_codec.h"
#include "catalogue/adapters/parts.h"
#include "catalogue/core/check_notices.h"
#include "shared_kernel/notice_text.h"
#include "tests/support/notice_catalogue.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace lienthong::catalogue {
namespace {

using namespace shared_kernel;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

CatalogueContents demonstration() {
  return read_catalogue_directory(std::filesystem::path(LIENTHONG_SOURCE_DIR) / "deploy/catalogue").contents;
}

std::vector<std::string> reasons(const std::vector<Finding>& findings) {
  std::vector<std::string> out;
  for (const auto& finding : findings) out.push_back(finding.path + ": " + finding.reason_en);
  return out;
}

NoticeTemplate& text_of(CatalogueContents& contents, const std::string& id) {
  for (auto& text : contents.notices.templates) {
    if (text.id == id) return text;
  }
  throw std::out_of_range(id);
}

TEST(CatalogueNoticesTest, TheDemonstrationTellsEveryEvent) {
  const auto contents = demonstration();
  EXPECT_THAT(reasons(check_notices(contents)), IsEmpty());
  for (const auto event : kNoticeEvents) {
    const bool told = std::any_of(contents.notices.rules.begin(), contents.notices.rules.end(),
                                  [&](const NoticeRule& rule) { return rule.event == event; });
    EXPECT_TRUE(told) << name_of(event);
  }
}

TEST(CatalogueNoticesTest, TheDemonstrationTellsInBothLanguages) {
  const auto contents = demonstration();
  const auto in_english = [&](const NoticeWay& way) {
    const auto* text = contents.notices.find(way.text);
    return text != nullptr && text->en && text->en->body != text->vi.body;
  };
  for (const auto& rule : contents.notices.rules) {
    for (const auto& send : rule.sends) {
      EXPECT_TRUE(in_english(send.way)) << to_text(send.way.text);
      for (const auto& way : send.instead) EXPECT_TRUE(in_english(way)) << to_text(way.text);
    }
  }
}

// Source: steps and channels of notices, services/notification/README.md.
TEST(CatalogueNoticesTest, TheDemonstrationTellsTheApplicantByMailOrTextFromTheReceiptOn) {
  for (const auto& rule : demonstration().notices.rules) {
    if (rule.recipient != NoticeRecipient::kApplicant || rule.event == NoticeEvent::kSubmitted) continue;
    std::set<NoticeChannel> channels;
    for (const auto& send : rule.sends) {
      channels.insert(send.way.channel);
      for (const auto& way : send.instead) channels.insert(way.channel);
    }
    EXPECT_EQ(channels.size(), kNoticeChannels.size()) << rule.id;
  }
}

TEST(CatalogueNoticesTest, NoticesSurviveTheLedgerParts) {
  auto contents = demonstration();
  contents.notices.quiet = {22 * 60, 6 * 60};
  const auto parts = split(contents);
  ASSERT_TRUE(parts);
  std::vector<std::string_view> bytes;
  for (const auto& part : *parts) bytes.push_back(part.bytes);
  const auto back = merge(bytes);
  ASSERT_TRUE(back) << back.error().message_en;
  EXPECT_TRUE(back->notices == contents.notices);
  EXPECT_TRUE(decode_contents(encode_contents(test_support::notice_contents()))->notices ==
              test_support::notice_contents().notices);
}

struct Fault {
  const char* what;
  void (*break_it)(CatalogueContents&);
  const char* found;
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.what; }

class BrokenNotices : public ::testing::TestWithParam<Fault> {};

TEST_P(BrokenNotices, AreRefusedBeforeTheyAreReleased) {
  auto contents = demonstration();
  GetParam().break_it(contents);
  EXPECT_THAT(reasons(check_notices(contents)), Contains(HasSubstr(GetParam().found)));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BrokenNotices,
    ::testing::Values(
        Fault{"missing variable", [](auto& c) { text_of(c, "received").vi.body += "{{due_time}}"; },
              "uses the variable “due_time”, not declared"},
        Fault{"extra variable", [](auto& c) { text_of(c, "received").variables.push_back("due_time"); },
              "declares “due_time” and does not use it"},
        Fault{"variable the event lacks",
              [](auto& c) {
                text_of(c, "received").variables.push_back("leg_name");
                text_of(c, "received").vi.body += "{{leg_name}}";
                text_of(c, "received").en.reset();
              },
              "received has no variable “leg_name”"},
        Fault{"template loop", [](auto& c) { text_of(c, "closing").vi.body += "{{> closing/1}}"; }, "contains itself"},
        Fault{"unknown fragment", [](auto& c) { text_of(c, "received").vi.body += "{{> nothing/1}}"; },
              "there is no template “nothing/1”"},
        Fault{"SMS with a name",
              [](auto& c) {
                text_of(c, "received_sms").vi.body = "{{applicant_name}}";
                text_of(c, "received_sms").variables = {"applicant_name"};
              },
              "an SMS may hold the dossier code only, not “applicant_name”"},
        Fault{"SMS over 160 letters", [](auto& c) { text_of(c, "received_sms").vi.body += std::string(100, 'x'); },
              "letters of 160"},
        Fault{"accents leave 70 letters", [](auto& c) { text_of(c, "received_sms").fold_accents = false; }, "letters of 70"},
        Fault{"portal message with a name",
              [](auto& c) {
                text_of(c, "received_portal").vi.body += "{{applicant_name}}";
                text_of(c, "received_portal").variables.push_back("applicant_name");
              },
              "a portal message may not hold “applicant_name”"},
        Fault{"e-mail without subject", [](auto& c) { text_of(c, "received").vi.subject.clear(); },
              "a subject and a body are needed"},
        Fault{"rule for another's event", [](auto& c) { c.notices.rules[0].recipient = NoticeRecipient::kAgency; },
              "submitted is not told to the agency"},
        Fault{"condition of a leg", [](auto& c) { c.notices.rules[0].condition = NoticeCondition::kWorkOpen; },
              "the condition work_open does not fit this event"},
        Fault{"timed rule without time", [](auto& c) { c.notices.rules[6].before_minutes = 0; }, "will_be_late before"},
        Fault{"time on an act", [](auto& c) { c.notices.rules[1].percent = 10; }, "other events none"},
        Fault{"text of another channel", [](auto& c) { c.notices.rules[1].sends[0].way.text.id = "received"; },
              "there is no template “received/2” for the channel portal"},
        Fault{"channel twice", [](auto& c) { c.notices.rules[1].sends.push_back(c.notices.rules[1].sends[0]); },
              "“portal” stands twice"},
        Fault{"nobody carries it", [](auto& c) { c.notices.providers.clear(); }, "no provider carries the channel email"},
        Fault{"unknown procedure", [](auto& c) { c.notices.rules[1].procedures = {"9.999999"}; },
              "there is no procedure “9.999999”"},
        Fault{"provider that never tries", [](auto& c) { c.notices.providers[0].attempts = 0; }, "attempts are 1 to 20"},
        Fault{"pauses that fall", [](auto& c) { c.notices.providers[0].max_backoff = Duration(1); },
              "pauses between attempts"},
        Fault{"header injection by address", [](auto& c) { c.notices.contacts[0].email = "a@b.vn\nBcc: x@y.vn"; },
              "this is no e-mail address"},
        Fault{"contact of nobody", [](auto& c) { c.notices.contacts[0].agency = "X"; }, "there is no agency “X”"}));

CatalogueContents with_webhook(const WebhookSubscription& webhook) {
  auto contents = test_support::notice_contents();
  contents.notices.webhooks = {webhook};
  return contents;
}

TEST(CatalogueNoticesTest, ASubscriptionThatCannotBeIsRefused) {
  const WebhookSubscription good{"land-office",
                                 "https://land.example/events",
                                 "land",
                                 {"vn.lienthong.intake.status_changed.v1"},
                                 {"COMMUNE"},
                                 {test_support::kProcedure},
                                 make_day(2026, 1, 1)};
  EXPECT_THAT(reasons(check_notices(with_webhook(good))), IsEmpty());
  const auto refused = [&](auto change) {
    auto webhook = good;
    change(webhook);
    const auto found = reasons(check_notices(with_webhook(webhook)));
    return found.empty() ? std::string() : found.front();
  };
  for (const char* url :
       {"http://land.example/", "https://", "https:///events", "https://user:secret@land.example/", "land.example",
        "https://land.example/ events", "https://land.example/#part", "file:///etc/passwd"}) {
    EXPECT_THAT(refused([&](auto& webhook) { webhook.url = url; }), HasSubstr("webhooks[0].url: the address must be https"))
        << url;
  }
  EXPECT_THAT(refused([](auto& webhook) { webhook.keys = "../secret"; }), HasSubstr("no name of a key file"));
  EXPECT_THAT(refused([](auto& webhook) { webhook.types = {"DossierAccepted"}; }), HasSubstr("there is no event type"));
  EXPECT_THAT(refused([](auto& webhook) { webhook.agencies = {"NOBODY"}; }), HasSubstr("there is no agency"));
  EXPECT_THAT(refused([](auto& webhook) { webhook.procedures = {"9.999999"}; }), HasSubstr("there is no procedure"));
  EXPECT_THAT(refused([](auto& webhook) { webhook.id = "portal/national"; }), HasSubstr("is no id"));
  auto twice = with_webhook(good);
  twice.notices.webhooks.push_back(good);
  EXPECT_THAT(reasons(check_notices(twice)), Contains(HasSubstr("stands twice")));
}

TEST(CatalogueNoticesTest, AReleasedTextNeverChanges) {
  const auto before = demonstration();
  auto after = before;
  EXPECT_THAT(check_notice_succession(before, after), IsEmpty());
  text_of(after, "received").vi.body += " ";
  EXPECT_THAT(reasons(check_notice_succession(before, after)), Contains(HasSubstr("“received/2” was released")));
  after = before;
  auto next = text_of(after, "received");
  next.version = 3;
  next.vi.body += " ";
  after.notices.templates.push_back(next);
  EXPECT_THAT(check_notice_succession(before, after), IsEmpty()) << "a new version is the way";
}

struct BadYaml {
  const char* text;
  const char* found;
};
TEST(CatalogueNoticesTest, FaultsInFilesAreToldWithTheirLine) {
  for (const auto& [text, found] : std::vector<BadYaml>{
           {"quiet_hours: {from: 9pm, until: \"07:00\"}", "n.yaml:1: error: the time can't be read"},
           {"notice_rules:\n  - {id: x, event: nothing, procedures: any, recipient: applicant}",
            "n.yaml:2: error: there is no “nothing” here"},
           {"notice_rules:\n  - {id: x, event: received, procedures: any, recipient: applicant, send: [{channel: sms, text: "
            "a}]}",
            "n.yaml:2: error: the template “a” can't be read"},
           {"notice_rules:\n  - {id: x, event: reply_due, procedures: any, recipient: agency, after: {calendar_days: 1}}",
            "n.yaml:2: error: expected working time"},
           {"notice_templates:\n  - {id: x, version: one, channel: email, vi: {body: b}}",
            "n.yaml:2: error: expected a whole number"},
           {"notice_templates:\n  - {id: x, version: 1, channel: sms, accents: some, vi: {body: b}}",
            "n.yaml:2: error: accents is keep or fold"}}) {
    std::vector<std::string> lines;
    for (const auto& fault : read_catalogue({{"n.yaml", text}}).faults) lines.push_back(english_line(fault));
    EXPECT_THAT(lines, Contains(HasSubstr(found)));
  }
}

}  // namespace
}  // namespace lienthong::catalogue
