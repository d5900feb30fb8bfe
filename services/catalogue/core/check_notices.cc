#include "catalogue/core/check_notices.h"

#include "shared_kernel/notice_text.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace lienthong::catalogue {
namespace {

using namespace shared_kernel;

struct Message {
  std::string vi;
  std::string en;
};

std::string at(std::string_view list, std::size_t index, std::string_view field = "") {
  std::string path = std::string(list) + '[' + std::to_string(index) + ']';
  if (!field.empty()) path += '.' + std::string(field);
  return path;
}

std::string quoted(std::string_view text) { return "“" + std::string(text) + "”"; }

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; });
}
bool is_email(std::string_view text) {
  const auto at_sign = text.find('@');
  return at_sign != std::string_view::npos && at_sign > 0 && at_sign + 1 < text.size() && text.size() <= 254 &&
         text.find('@', at_sign + 1) == std::string_view::npos && is_plain(text);
}
bool is_phone(std::string_view text) {
  if (text.size() > 16 || text.size() < 3) return false;
  if (text.front() == '+') text.remove_prefix(1);
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// A host and what follows; whether it may be called is decided when it is called.
bool is_target(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme) || !is_plain(url) || url.size() > 1024) return false;
  const auto authority = url.substr(kScheme.size(), url.find_first_of("/?", kScheme.size()) - kScheme.size());
  return !authority.empty() && authority.find('@') == std::string_view::npos && url.find('#') == std::string_view::npos;
}

bool is_leg_condition(NoticeCondition condition) {
  return condition == NoticeCondition::kUnanswered || condition == NoticeCondition::kWorkOpen;
}

class Checker {
 public:
  explicit Checker(const CatalogueContents& contents) : contents_(contents), notices_(contents.notices) {}

  std::vector<Finding> run() {
    for (std::size_t i = 0; i < notices_.providers.size(); ++i) provider(notices_.providers[i], i);
    for (std::size_t i = 0; i < notices_.templates.size(); ++i) text(notices_.templates[i], i);
    for (std::size_t i = 0; i < notices_.rules.size(); ++i) rule(notices_.rules[i], i);
    for (std::size_t i = 0; i < notices_.contacts.size(); ++i) contact(notices_.contacts[i], i);
    for (std::size_t i = 0; i < notices_.webhooks.size(); ++i) webhook(notices_.webhooks[i], i);
    return std::move(findings_);
  }

 private:
  void error(std::string path, Message reason, Message cure) {
    findings_.push_back({Severity::kError, std::move(path), std::move(reason.vi), std::move(reason.en), std::move(cure.vi),
                         std::move(cure.en)});
  }
  void bad_id(const std::string& path, std::string_view id) {
    if (is_id(id)) return;
    error(path, {quoted(id) + " không phải mã hợp lệ", quoted(id) + " is no id"},
          {"dùng chữ thường, chữ số, gạch nối hoặc gạch dưới", "write small letters, digits, hyphens and underscores"});
  }
  void twice(const std::string& path, std::string_view what) {
    error(path, {quoted(what) + " được khai báo hai lần", quoted(what) + " stands twice"},
          {"bỏ một trong hai", "remove one of the two"});
  }

  void provider(const NoticeProvider& provider, std::size_t i) {
    const auto path = at("notice_providers", i);
    bad_id(path, provider.id);
    if (notices_.provider(provider.id) != &provider) twice(path, provider.id);
    if (provider.channel == NoticeChannel::kPortal) {
      error(path + ".channel", {"kênh portal không có nhà cung cấp", "the channel portal has no provider"},
            {"ghi email hoặc sms", "write email or sms"});
    }
    if (provider.attempts < 1 || provider.attempts > 20) {
      error(path + ".attempts", {"số lần gửi phải từ 1 đến 20", "attempts are 1 to 20"},
            {"sửa số lần", "correct the number"});
    }
    if (provider.first_backoff < std::chrono::seconds(1) || provider.max_backoff < provider.first_backoff ||
        provider.max_backoff > std::chrono::hours(24)) {
      error(path,
            {"thời gian chờ giữa hai lần gửi phải từ 1 giây, không giảm, không quá 24 giờ",
             "pauses between attempts are at least 1 second, do not fall, and are at most 24 hours"},
            {"sửa first_backoff_seconds và max_backoff_seconds", "correct first_backoff_seconds and max_backoff_seconds"});
    }
  }

  void text(const NoticeTemplate& text, std::size_t i) {
    const auto path = at("notice_templates", i);
    bad_id(path, text.id);
    if (text.version == 0) {
      error(path + ".version", {"số phiên bản phải từ 1", "version numbers start at 1"}, {"đánh số từ 1", "number from 1"});
    }
    if (notices_.find({text.id, text.version}) != &text) twice(path, to_text(TemplateRef{text.id, text.version}));
    if (text.fold_accents && text.channel != NoticeChannel::kSms) {
      error(path + ".accents", {"chỉ tin nhắn SMS mới bỏ dấu", "only an SMS is sent without marks"},
            {"bỏ khóa accents", "remove the key accents"});
    }
    in_language(text, text.vi, NoticeLanguage::kVietnamese, path + ".vi");
    if (text.en) in_language(text, *text.en, NoticeLanguage::kEnglish, path + ".en");
  }

  void in_language(const NoticeTemplate& text, const NoticeText& raw, NoticeLanguage language, const std::string& path) {
    const bool has_subject = text.channel == NoticeChannel::kEmail || text.channel == NoticeChannel::kPortal;
    if (raw.body.empty() || raw.subject.empty() == has_subject) {
      error(path,
            {has_subject ? "cần tiêu đề và nội dung" : "cần nội dung, không có tiêu đề",
             has_subject ? "a subject and a body are needed" : "a body is needed, and no subject"},
            {"sửa mẫu", "correct the template"});
    }
    const auto expanded = expand(notices_, text, language);
    if (!expanded) return error(path, {expanded.error().message_vi, expanded.error().message_en}, {"sửa mẫu", "correct it"});
    const auto used = variables_in(*expanded);
    if (!used) return error(path, {used.error().message_vi, used.error().message_en}, {"sửa mẫu", "correct it"});
    const std::set<std::string, std::less<>> declared(text.variables.begin(), text.variables.end());
    for (const auto& name : *used) {
      if (declared.contains(name)) continue;
      error(path, {"dùng biến " + quoted(name) + " chưa khai báo", "uses the variable " + quoted(name) + ", not declared"},
            {"thêm vào variables hoặc bỏ khỏi mẫu", "add it to variables or take it out"});
    }
    for (const auto& name : declared) {
      if (used->contains(name)) continue;
      error(path,
            {"khai báo biến " + quoted(name) + " nhưng không dùng", "declares " + quoted(name) + " and does not use it"},
            {"bỏ khỏi variables hoặc dùng trong mẫu", "take it out of variables or use it"});
    }
    if (text.channel == NoticeChannel::kPortal) portal(*used, path);
    if (text.channel == NoticeChannel::kSms) sms(text, *expanded, *used, path);
  }

  /// Portal messages are kept outside of the sealed content and written anew whenever they are read.
  void portal(const std::set<std::string, std::less<>>& used, const std::string& path) {
    for (const auto& name : used) {
      if (!is_personal_variable(name)) continue;
      error(path, {"tin nhắn trên cổng không được chứa " + quoted(name), "a portal message may not hold " + quoted(name)},
            {"bỏ biến này; người nhận đã đăng nhập", "take this variable out; whoever reads it has signed in"});
    }
  }

  /// Source: no personal data beyond the dossier code in an SMS, which others read over the shoulder.
  void sms(const NoticeTemplate& text, const NoticeText& expanded, const std::set<std::string, std::less<>>& used,
           const std::string& path) {
    for (const auto& name : used) {
      if (name == "dossier_code") continue;
      error(path,
            {"tin nhắn SMS chỉ được chứa mã hồ sơ, không chứa " + quoted(name),
             "an SMS may hold the dossier code only, not " + quoted(name)},
            {"bỏ biến này", "take this variable out"});
      return;
    }
    NoticeSettings alone;
    const NoticeTemplate flat{text.id, text.version, text.channel, text.fold_accents, text.variables, expanded, {}};
    const auto rendered = render(alone, flat, NoticeLanguage::kVietnamese, {{"dossier_code", longest_code()}});
    if (!rendered) return;
    const auto measure = measure_sms(rendered->body);
    if (measure.fits()) return;
    const auto units = std::to_string(measure.units);
    const auto limit = std::to_string(measure.limit);
    error(path, {"tin nhắn dài " + units + " ký tự, tối đa " + limit, "the message has " + units + " letters of " + limit},
          {"viết ngắn lại, hoặc bỏ dấu (accents: fold) để có 160 ký tự",
           "shorten it, or send it without marks (accents: fold) for 160 letters"});
  }
  std::string longest_code() const {
    std::size_t prefix = 13;
    for (const auto& agency : contents_.agencies) {
      for (const auto& desk : agency.desks) prefix = std::max(prefix, desk.printed_prefix.size());
    }
    return std::string(prefix, '0') + "-260302-00001";
  }

  void rule(const NoticeRule& rule, std::size_t i) {
    const auto path = at("notice_rules", i);
    bad_id(path, rule.id);
    if (notices_.rule(rule.id) != &rule) twice(path, rule.id);
    for (std::size_t k = 0; k < rule.procedures.size(); ++k) {
      const bool known = std::any_of(contents_.procedures.begin(), contents_.procedures.end(),
                                     [&](const Procedure& procedure) { return procedure.code == rule.procedures[k]; });
      if (known) continue;
      error(path + '.' + at("procedures", k),
            {"không có thủ tục " + quoted(rule.procedures[k]), "there is no procedure " + quoted(rule.procedures[k])},
            {"khai báo thủ tục này hoặc sửa mã", "define this procedure or correct the code"});
    }
    const bool leg = concerns_leg(rule.event);
    if ((rule.recipient == NoticeRecipient::kAgency) != leg) {
      error(path + ".recipient",
            {"sự kiện " + std::string(name_of(rule.event)) + " không báo cho " + std::string(name_of(rule.recipient)),
             std::string(name_of(rule.event)) + " is not told to the " + std::string(name_of(rule.recipient))},
            {"sửa recipient", "correct the recipient"});
    }
    if (rule.condition != NoticeCondition::kAlways && is_leg_condition(rule.condition) != leg) {
      error(path + ".condition",
            {"điều kiện " + std::string(name_of(rule.condition)) + " không hợp với sự kiện này",
             "the condition " + std::string(name_of(rule.condition)) + " does not fit this event"},
            {"sửa condition", "correct the condition"});
    }
    timing(rule, path);
    if (rule.sends.empty()) {
      error(path + ".send", {"không gửi gì", "nothing is sent"}, {"ghi ít nhất một mục", "write at least one entry"});
    }
    std::set<NoticeChannel> channels;
    for (std::size_t k = 0; k < rule.sends.size(); ++k) {
      const auto& send = rule.sends[k];
      const auto send_path = path + '.' + at("send", k);
      if (!channels.insert(send.way.channel).second) twice(send_path, name_of(send.way.channel));
      way(rule, send.way, send_path);
      for (const auto& instead : send.instead) way(rule, instead, send_path);
    }
  }

  void timing(const NoticeRule& rule, const std::string& path) {
    const bool right = (rule.after_minutes > 0) == (rule.event == NoticeEvent::kReplyDue) &&
                       (rule.percent > 0 && rule.percent < 100) == (rule.event == NoticeEvent::kLimitUsed) &&
                       (rule.before_minutes > 0) == (rule.event == NoticeEvent::kWillBeLate) &&
                       (rule.extension_minutes > 0) == (rule.event == NoticeEvent::kWillBeLate);
    if (right) return;
    error(path,
          {"reply_due cần after, limit_used cần percent (1 đến 99), will_be_late cần before và extension; sự kiện khác "
           "không có",
           "reply_due takes after, limit_used percent (1 to 99), will_be_late before and extension; other events none"},
          {"sửa các khóa thời gian", "correct the keys of time"});
  }

  void way(const NoticeRule& rule, const NoticeWay& way, const std::string& path) {
    const auto* text = notices_.find(way.text);
    if (text == nullptr || text->channel != way.channel) {
      return error(
          path,
          {"không có mẫu " + quoted(to_text(way.text)) + " cho kênh " + std::string(name_of(way.channel)),
           "there is no template " + quoted(to_text(way.text)) + " for the channel " + std::string(name_of(way.channel))},
          {"khai báo mẫu này hoặc sửa mã", "define this template or correct the reference"});
    }
    const auto offered = variables_of(rule.event);
    for (const auto& name : text->variables) {
      if (std::find(offered.begin(), offered.end(), name) != offered.end()) continue;
      error(path,
            {"sự kiện " + std::string(name_of(rule.event)) + " không có biến " + quoted(name),
             std::string(name_of(rule.event)) + " has no variable " + quoted(name)},
            {"dùng mẫu khác hoặc bỏ biến này", "use another template or take the variable out"});
    }
    const bool carried = way.channel == NoticeChannel::kPortal ||
                         std::any_of(notices_.providers.begin(), notices_.providers.end(),
                                     [&](const NoticeProvider& provider) { return provider.channel == way.channel; });
    if (carried) return;
    error(path,
          {"không có nhà cung cấp cho kênh " + std::string(name_of(way.channel)),
           "no provider carries the channel " + std::string(name_of(way.channel))},
          {"khai báo nhà cung cấp", "define a provider"});
  }

  void contact(const AgencyContact& contact, std::size_t i) {
    const auto path = at("agency_contacts", i);
    const bool known = std::any_of(contents_.agencies.begin(), contents_.agencies.end(),
                                   [&](const Agency& agency) { return agency.code == contact.agency; });
    if (!known) {
      error(path + ".agency", {"không có cơ quan " + quoted(contact.agency), "there is no agency " + quoted(contact.agency)},
            {"khai báo cơ quan này hoặc sửa mã", "define this agency or correct the code"});
    }
    if (notices_.contact(contact.agency) != &contact) twice(path, contact.agency);
    if (!contact.email.empty() && !is_email(contact.email)) {
      error(path + ".email", {"địa chỉ thư không đúng dạng", "this is no e-mail address"}, {"sửa địa chỉ", "correct it"});
    }
    if (!contact.phone.empty() && !is_phone(contact.phone)) {
      error(path + ".phone", {"số điện thoại không đúng dạng", "this is no telephone number"},
            {"ghi chữ số, có thể có + ở đầu", "write digits, + in front if needed"});
    }
  }

  void webhook(const WebhookSubscription& hook, std::size_t i) {
    const auto path = at("webhooks", i);
    bad_id(path, hook.id);
    if (notices_.webhook(hook.id) != &hook) twice(path, hook.id);
    if (!is_target(hook.url)) {
      error(path + ".url", {"địa chỉ phải là https, không có tên đăng nhập", "the address must be https, without a login"},
            {"ghi như https://he-thong.example/su-kien", "write it as https://system.example/events"});
    }
    if (!is_id(hook.keys)) {
      error(path + ".keys", {"tên tệp khóa không đúng", "this is no name of a key file"},
            {"dùng chữ thường, số, _ và -, không có thư mục", "use small letters, digits, _ and -, no folder"});
    }
    for (const auto& type : hook.types) {
      if (type.starts_with("vn.lienthong.") && type.ends_with(".v1") && is_plain(type)) continue;
      error(path + ".types", {"không có loại sự kiện " + quoted(type), "there is no event type " + quoted(type)},
            {"xem các loại trong docs/asyncapi.yaml", "see the types in docs/asyncapi.yaml"});
    }
    for (const auto& code : hook.agencies) {
      if (std::any_of(contents_.agencies.begin(), contents_.agencies.end(),
                      [&](const Agency& agency) { return agency.code == code; }))
        continue;
      error(path + ".agencies", {"không có cơ quan " + quoted(code), "there is no agency " + quoted(code)},
            {"khai báo cơ quan này hoặc sửa mã", "define this agency or correct the code"});
    }
    for (const auto& code : hook.procedures) {
      if (std::any_of(contents_.procedures.begin(), contents_.procedures.end(),
                      [&](const Procedure& procedure) { return procedure.code == code; }))
        continue;
      error(path + ".procedures", {"không có thủ tục " + quoted(code), "there is no procedure " + quoted(code)},
            {"khai báo thủ tục này hoặc sửa mã", "define this procedure or correct the code"});
    }
  }

  const CatalogueContents& contents_;
  const NoticeSettings& notices_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_notices(const CatalogueContents& contents) { return Checker(contents).run(); }

std::vector<Finding> check_notice_succession(const CatalogueContents& before, const CatalogueContents& contents) {
  std::vector<Finding> findings;
  for (const auto& old : before.notices.templates) {
    const auto* now = contents.notices.find({old.id, old.version});
    if (now != nullptr && *now == old) continue;
    const auto name = to_text(TemplateRef{old.id, old.version});
    findings.push_back({Severity::kError, "notice_templates", "mẫu “" + name + "” đã phát hành nay khác đi hoặc không còn",
                        "the template “" + name + "” was released and is changed or gone",
                        "giữ nguyên mẫu này, thêm phiên bản mới", "leave it as it was and add a new version"});
  }
  return findings;
}

}  // namespace lienthong::catalogue
