#pragma once

#include <optional>
#include <string>

namespace lienthong::kafka {

/// Files in PEM form. The certificate's common name is what the broker's ACLs know this process by.
struct Tls {
  std::string ca;
  std::string certificate;
  std::string key;
};

/// How to reach the brokers.
struct Settings {
  std::string bootstrap_servers;
  /// Unset: in clear.
  std::optional<Tls> tls = {};
  std::string client_id = "lienthong";
};

}  // namespace lienthong::kafka
