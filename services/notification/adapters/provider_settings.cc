#include "notification/adapters/provider_settings.h"

#include "notification/adapters/sms_carrier.h"
#include "notification/adapters/smtp_carrier.h"
#include "platform/http/signature.h"

#include <yaml-cpp/yaml.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

namespace lienthong::notification {
namespace {

constexpr std::size_t kSecretBytesMax = 1024;

tl::unexpected<Error> wrong(const std::string& file, const std::string& id, const std::string& vi, const std::string& en) {
  return failure({ErrorCode::kInvalidArgument, "SETTING", file + ": " + id + ": " + vi, file + ": " + id + ": " + en});
}

std::string text(const YAML::Node& node, const char* key) { return node[key] ? node[key].as<std::string>("") : ""; }

/// The first line of a file; nothing when it can't be read.
std::optional<std::string> secret(const std::string& path) {
  if (path.empty()) return "";
  std::ifstream stream(path);
  std::string line;
  if (!std::getline(stream, line) || line.size() > kSecretBytesMax) return std::nullopt;
  return line;
}

using Made = Result<std::unique_ptr<Carrier>>;

Made make_smtp(const std::string& file, const std::string& id, const YAML::Node& node) {
  http::SmtpServer server;
  server.url = text(node, "url");
  server.user = text(node, "user");
  server.authorities = text(node, "ca");
  if (node["hello"]) server.hello = text(node, "hello");
  const auto password = secret(text(node, "password_file"));
  const auto from = text(node, "from");
  if (server.url.rfind("smtps://", 0) != 0 && server.url.rfind("smtp://", 0) != 0)
    return wrong(file, id, "url phải là smtps://máy:cổng hoặc smtp://máy:cổng.",
                 "url is smtps://host:port or smtp://host:port.");
  if (!http::is_mail_address(from)) return wrong(file, id, "from không phải địa chỉ thư.", "from is no mail address.");
  if (!password) return wrong(file, id, "password_file không đọc được.", "password_file can't be read.");
  server.password = *password;
  return std::make_unique<SmtpCarrier>(std::move(server), from, text(node, "from_name"));
}

Made make_sms(const std::string& file, const std::string& id, const YAML::Node& node) {
  SmsGateway gateway;
  gateway.url = text(node, "url");
  gateway.sender = text(node, "sender");
  gateway.authorities = text(node, "ca");
  const auto token = secret(text(node, "token_file"));
  if (gateway.url.rfind("https://", 0) != 0) return wrong(file, id, "url phải là https://.", "url is https://.");
  if (!token) return wrong(file, id, "token_file không đọc được.", "token_file can't be read.");
  gateway.token = *token;
  return std::make_unique<SmsCarrier>(std::move(gateway));
}

Made make_trial(const std::string& file, const std::string& id, const YAML::Node& node) {
  const auto result = text(node, "result");
  if (result == "success") return std::make_unique<TrialCarrier>(SendResult::kSent);
  if (result == "permanent-failure") return std::make_unique<TrialCarrier>(SendResult::kPermanent);
  if (result == "temporary-failure") return std::make_unique<TrialCarrier>(SendResult::kTemporary);
  return wrong(file, id, "result phải là success, permanent-failure hoặc temporary-failure.",
               "result is success, permanent-failure or temporary-failure.");
}

Made make(const std::string& file, const std::string& id, const YAML::Node& node) {
  const auto kind = text(node, "kind");
  if (kind == "smtp") return make_smtp(file, id, node);
  if (kind == "sms") return make_sms(file, id, node);
  if (kind == "trial") return make_trial(file, id, node);
  return wrong(file, id, "kind phải là smtp, sms hoặc trial.", "kind is smtp, sms or trial.");
}

}  // namespace

Result<Providers> read_providers(const std::string& file) {
  Providers out;
  std::ifstream stream(file);
  std::stringstream content;
  content << stream.rdbuf();
  if (!stream) return wrong(file, "providers", "tệp không đọc được.", "the file can't be read.");
  try {
    for (const auto& entry : YAML::Load(content.str())["providers"]) {
      const auto id = text(entry, "id");
      auto carrier = make(file, id, entry);
      if (!carrier) return failure(carrier.error());
      if (!out.carriers.emplace(id, *std::move(carrier)).second)
        return wrong(file, id, "khai báo hai lần.", "stands twice.");
      if (const auto keys = text(entry, "receipt_keys_file"); !keys.empty()) {
        if (const auto read = http::read_signing_keys(keys); !read)
          return wrong(file, id, read.error().message_vi, read.error().message_en);
        out.receipts.push_back({id, keys});
      }
    }
  } catch (const YAML::Exception& error) {
    return wrong(file, "providers", "không đọc được: " + error.msg, "not readable: " + error.msg);
  }
  return out;
}

}  // namespace lienthong::notification
