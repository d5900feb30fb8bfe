#include "platform/crypto/sha256.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>
#include <cstring>

namespace lienthong::crypto {
namespace {

// Fetching the algorithm costs more than hashing a leaf (architecture.md 13), so it is done once.
const EVP_MD* algorithm() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return md;
}

}  // namespace

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { EVP_DigestInit_ex2(context, algorithm(), nullptr); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;

Sha256& Sha256::update(std::string_view bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
  return *this;
}

Hash Sha256::finish() {
  Hash out;
  unsigned int size = 0;
  EVP_DigestFinal_ex(state_->context, out.bytes.data(), &size);
  EVP_DigestInit_ex2(state_->context, nullptr, nullptr);
  return out;
}

Hash sha256(std::initializer_list<std::string_view> parts) {
  thread_local Sha256 hasher;
  for (const auto part : parts) hasher.update(part);
  return hasher.finish();
}

Digest request_digest(std::string_view key, std::string_view message) {
  std::uint8_t out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(algorithm(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const std::uint8_t*>(message.data()),
       message.size(), out, &size);
  Digest digest;
  std::memcpy(digest.bytes.data(), out, Digest::kSize);
  return digest;
}

}  // namespace lienthong::crypto
