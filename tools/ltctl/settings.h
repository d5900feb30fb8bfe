#pragma once

#include "platform/base/result.h"

#include <cstdint>
#include <optional>
#include <string>

namespace lienthong::ltctl {

/// PEM files of one side of a connection.
struct PemFiles {
  std::string ca;
  std::string certificate;
  std::string key;
};

/// Where the system is and who we are; read from the environment once (tools/ltctl/README.md lists the variables).
struct Settings {
  std::string intake_address;
  std::string routing_address;
  std::string agency_address;
  std::string monitoring_address;
  std::string notification_address;
  std::string postal_address;
  /// Nothing: in clear, for tests and benchmarks; `caller` then names us.
  std::optional<PemFiles> tls;
  std::string caller;
  /// Directory with one certificate per principal, so that `--as NAME` finds it; may be empty.
  std::string certificates;

  bool ledger_in_kafka = false;
  std::string kafka_bootstrap;
  std::optional<PemFiles> kafka_tls;
  std::string redis_socket;
  std::string redis_user;
  std::string redis_password_file;
  /// Embedded edition: directory of the SQLite files.
  std::string data_dir;
  std::uint32_t partitions = 4;
  std::string catalogue_dir;

  std::string log_file() const { return data_dir + "/ledgers.sqlite"; }
  std::string projection_file() const { return data_dir + "/projection.sqlite"; }

  static Settings from_environment();
  /// Takes the certificate of another principal. Errors: kInvalidArgument when there is no directory of certificates.
  Result<void> act_as(const std::string& principal);
};

/// Where a service with a ledger of dossiers is asked, by the ledger's name. Precondition: one of the five.
const std::string& address_of(const Settings& settings, const std::string& service);

}  // namespace lienthong::ltctl
