#pragma once

#include "platform/kafka/settings.h"
#include "tests/support/child_process.h"

#include <cstdint>
#include <string>

namespace lienthong::test_support {

/// A private Kafka broker on free loopback ports, with its data in a temporary directory. Needs java and, the first time,
/// mvn.
class BrokerFixture {
 public:
  enum class Security { kPlaintext, kTls };
  /// Formats and starts the broker and waits until it answers. With kTls a development CA is made; `certificate` gives what
  /// clients need.
  explicit BrokerFixture(Security security = Security::kPlaintext);
  /// Of a client in clear or, with TLS, of the principal `deploy`.
  kafka::Settings settings() const;
  /// Of a client with a certificate of this common name (TLS only).
  kafka::Settings settings(const std::string& common_name);
  /// Starts the broker after `kill` or `stop` with the same data and ports.
  void start();
  void kill();
  void stop();
  ChildProcess& process() { return process_; }
  const std::string& directory() const { return directory_.path(); }

 private:
  void make_certificate(const std::string& common_name, const std::string& usage);
  TemporaryDirectory directory_;
  Security security_;
  std::uint16_t port_;
  std::uint16_t controller_port_;
  ChildProcess process_;
};

}  // namespace lienthong::test_support
