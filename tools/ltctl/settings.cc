#include "tools/ltctl/settings.h"

#include <cstdlib>
#include <filesystem>

namespace lienthong::ltctl {
namespace {

std::string variable(const char* name, const char* otherwise = "") {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

std::optional<PemFiles> pem_files(const char* ca, const char* certificate, const char* key) {
  PemFiles files{variable(ca), variable(certificate), variable(key)};
  if (files.ca.empty()) return std::nullopt;
  return files;
}

}  // namespace

Settings Settings::from_environment() {
  Settings settings;
  settings.intake_address = variable("LIENTHONG_INTAKE_ADDRESS", "127.0.0.1:17400");
  settings.routing_address = variable("LIENTHONG_ROUTING_ADDRESS", "127.0.0.1:17401");
  settings.agency_address = variable("LIENTHONG_AGENCY_PROCESSING_ADDRESS", "127.0.0.1:17402");
  settings.monitoring_address = variable("LIENTHONG_MONITORING_ADDRESS", "127.0.0.1:17403");
  settings.notification_address = variable("LIENTHONG_NOTIFICATION_ADDRESS", "127.0.0.1:17405");
  settings.postal_address = variable("LIENTHONG_POSTAL_DISPATCH_ADDRESS", "127.0.0.1:17404");
  settings.tls = pem_files("LIENTHONG_TLS_CA", "LIENTHONG_TLS_CERT", "LIENTHONG_TLS_KEY");
  settings.caller = variable("LIENTHONG_CALLER");
  settings.certificates = variable("LIENTHONG_CERTIFICATES");
  settings.ledger_in_kafka = variable("LIENTHONG_LEDGER_LOG", "kafka") == "kafka";
  settings.kafka_bootstrap = variable("LIENTHONG_KAFKA_BOOTSTRAP", "127.0.0.1:17420");
  settings.kafka_tls = pem_files("LIENTHONG_KAFKA_CA", "LIENTHONG_KAFKA_CERT", "LIENTHONG_KAFKA_KEY");
  settings.redis_socket = variable("LIENTHONG_REDIS_SOCKET");
  settings.redis_user = variable("LIENTHONG_REDIS_USER", "default");
  settings.redis_password_file = variable("LIENTHONG_REDIS_PASSWORD_FILE");
  settings.data_dir = variable("LIENTHONG_DATA_DIR", ".");
  settings.catalogue_dir = variable("LIENTHONG_CATALOGUE_DIR", "deploy/catalogue");
  const long partitions = std::strtol(variable("LIENTHONG_PARTITIONS", "4").c_str(), nullptr, 10);
  settings.partitions = partitions > 0 && partitions <= 1024 ? static_cast<std::uint32_t>(partitions) : 4;
  return settings;
}

Result<void> Settings::act_as(const std::string& principal) {
  if (!tls) {
    caller = principal;
    return {};
  }
  const std::filesystem::path directory(certificates);
  const auto certificate = directory / (principal + ".pem");
  std::error_code missing;
  if (certificates.empty() || !std::filesystem::exists(certificate, missing)) {
    return failure({ErrorCode::kInvalidArgument, "NO_CERTIFICATE",
                    "Không có chứng thư của “" + principal + "” (" + certificate.string() +
                        "); hãy chọn tên khác hoặc tạo bằng ./dev up.",
                    "There is no certificate of “" + principal + "” (" + certificate.string() +
                        "); choose another name or make one with ./dev up."});
  }
  tls->certificate = certificate.string();
  tls->key = (directory / (principal + ".key")).string();
  return {};
}

const std::string& address_of(const Settings& settings, const std::string& service) {
  if (service == "intake") return settings.intake_address;
  if (service == "routing") return settings.routing_address;
  if (service == "postal-dispatch") return settings.postal_address;
  if (service == "notification") return settings.notification_address;
  return settings.agency_address;
}

}  // namespace lienthong::ltctl
