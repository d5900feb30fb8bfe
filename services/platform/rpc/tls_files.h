#pragma once

#include <string>

namespace lienthong::rpc {

/// PEM files of one side of mutual TLS.
struct TlsFiles {
  std::string authority;    ///< Certificates of the authorities that the other side's certificate must come from.
  std::string certificate;  ///< Own certificate chain.
  std::string key;          ///< Own private key.
};

}  // namespace lienthong::rpc
