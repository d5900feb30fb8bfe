#pragma once

#include "platform/base/instant.h"
#include "platform/base/result.h"
#include "platform/rpc/tls_files.h"

#include <string>

namespace lienthong::rpc {

/// Contents of TlsFiles.
struct Pem {
  std::string authority;
  std::string certificate;
  std::string key;
};

/// Errors: kInvalidArgument, reason TLS_FILE, naming the file that is missing, empty or not PEM.
Result<Pem> read_pem(const TlsFiles& files);

/// When the first certificate of a PEM file expires. Errors: kInvalidArgument, reason TLS_FILE, naming the file.
Result<Instant> certificate_expiry(const std::string& file);

}  // namespace lienthong::rpc
