#include "platform/rpc/pem.h"

#include <fstream>
#include <sstream>

namespace lienthong::rpc {
namespace {

Result<std::string> read_one(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  auto pem = text.str();
  if (!in.is_open() || pem.find("-----BEGIN ") == std::string::npos) {
    return failure({ErrorCode::kInvalidArgument, "TLS_FILE",
                    "Không đọc được tệp PEM " + path + "; hãy kiểm tra đường dẫn và quyền đọc.",
                    "Can't read the PEM file " + path + "; check the path and its permissions."});
  }
  return pem;
}

}  // namespace

Result<Pem> read_pem(const TlsFiles& files) {
  auto authority = read_one(files.authority);
  if (!authority) return failure(authority.error());
  auto certificate = read_one(files.certificate);
  if (!certificate) return failure(certificate.error());
  auto key = read_one(files.key);
  if (!key) return failure(key.error());
  return Pem{std::move(*authority), std::move(*certificate), std::move(*key)};
}

}  // namespace lienthong::rpc
