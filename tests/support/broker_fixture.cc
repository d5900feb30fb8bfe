#include "tests/support/broker_fixture.h"

#include "platform/kafka/admin.h"

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace lienthong::test_support {
namespace {

const std::string kScript = std::string(LIENTHONG_SOURCE_DIR) + "/deploy/local/broker/broker.sh";
constexpr std::chrono::seconds kStartLimit{60};

void run(const std::vector<std::string>& arguments, const std::string& output,
         const std::vector<std::pair<std::string, std::string>>& environment = {}) {
  if (ChildProcess(arguments, output, environment).wait() != 0) {
    std::ostringstream text;
    text << std::ifstream(output).rdbuf();
    throw std::runtime_error(arguments.front() + " failed: " + text.str());
  }
}

}  // namespace

BrokerFixture::BrokerFixture(Security security) : security_(security), port_(free_port()), controller_port_(free_port()) {
  const auto& path = directory_.path();
  std::vector<std::pair<std::string, std::string>> environment{
      {"DIR", path}, {"PORT", std::to_string(port_)}, {"CONTROLLER_PORT", std::to_string(controller_port_)}, {"FSYNC", "0"}};
  if (security == Security::kTls) {
    run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=ca", "-keyout", path + "/ca.key", "-out", path + "/ca.pem"},
        path + "/openssl.log");
    make_certificate("broker", "serverAuth,clientAuth");
    make_certificate("deploy", "clientAuth");
    std::ofstream combined(path + "/broker.pem");
    combined << std::ifstream(path + "/broker.key").rdbuf() << std::ifstream(path + "/broker.crt").rdbuf()
             << std::ifstream(path + "/ca.pem").rdbuf();
    environment.emplace_back("TLS_DIR", path);
  }
  run({kScript, "fetch"}, path + "/fetch.log");
  run({kScript, "format"}, path + "/format.log", environment);
  start();
}

void BrokerFixture::make_certificate(const std::string& common_name, const std::string& usage) {
  const std::string base = directory_.path() + "/" + common_name;
  std::ofstream(base + ".ext") << "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=" << usage << "\n";
  run({"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
       "/CN=" + common_name, "-keyout", base + ".key", "-out", base + ".csr"},
      directory_.path() + "/openssl.log");
  run({"openssl", "x509", "-req", "-days", "2", "-in", base + ".csr", "-CA", directory_.path() + "/ca.pem", "-CAkey",
       directory_.path() + "/ca.key", "-CAcreateserial", "-extfile", base + ".ext", "-out", base + ".crt"},
      directory_.path() + "/openssl.log");
}

kafka::Settings BrokerFixture::settings() const {
  kafka::Settings settings;
  settings.bootstrap_servers = "127.0.0.1:" + std::to_string(port_);
  if (security_ == Security::kTls) {
    const std::string base = directory_.path() + "/deploy";
    settings.tls = kafka::Tls{directory_.path() + "/ca.pem", base + ".crt", base + ".key"};
  }
  return settings;
}

kafka::Settings BrokerFixture::settings(const std::string& common_name) {
  const std::string base = directory_.path() + "/" + common_name;
  if (!std::filesystem::exists(base + ".crt")) make_certificate(common_name, "clientAuth");
  auto out = settings();
  out.tls = kafka::Tls{directory_.path() + "/ca.pem", base + ".crt", base + ".key"};
  return out;
}

void BrokerFixture::start() {
  process_ = ChildProcess({kScript, "run"}, directory_.path() + "/broker.log", {{"DIR", directory_.path()}});
  const auto admin = kafka::Admin::open(settings());
  if (!admin) throw std::runtime_error(admin.error().message_en);
  if (const auto ready = (*admin)->wait_until_ready(kStartLimit); !ready) throw std::runtime_error(ready.error().message_en);
}

void BrokerFixture::kill() { process_.stop(SIGKILL); }
void BrokerFixture::stop() { process_.stop(SIGTERM); }

}  // namespace lienthong::test_support
