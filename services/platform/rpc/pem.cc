#include "platform/rpc/pem.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <fstream>
#include <memory>
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

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;

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

Result<Instant> certificate_expiry(const std::string& file) {
  const auto text = read_one(file);
  if (!text) return failure(text.error());
  const Memory memory(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())), &BIO_free);
  const Certificate certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr), &X509_free);
  tm until{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &until) != 1) {
    return failure({ErrorCode::kInvalidArgument, "TLS_FILE", "Tệp " + file + " không chứa chứng thư; hãy kiểm tra tệp.",
                    "The file " + file + " holds no certificate; check it."});
  }
  constexpr std::int64_t kMicros = 1'000'000;
  return Instant{static_cast<std::int64_t>(timegm(&until)) * kMicros};
}

}  // namespace lienthong::rpc
