#include "platform/crypto/seal.h"

#include "platform/base/encoding.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace lienthong::crypto {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

const std::uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

// Fetching the algorithm costs more than sealing a small message.
const EVP_CIPHER* algorithm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return cipher;
}

struct Context {
  EVP_CIPHER_CTX* handle = EVP_CIPHER_CTX_new();
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_CIPHER_CTX_free(handle); }
};

EVP_CIPHER_CTX* context() {
  thread_local Context context;
  return context.handle;
}

void draw(std::uint8_t* out, std::size_t count) {
  // Without randomness nothing can be sealed safely, and there is no way on.
  if (RAND_bytes(out, static_cast<int>(count)) != 1) std::abort();
}

Error broken() {
  return {ErrorCode::kDataLoss, "SEAL_BROKEN", "Nội dung niêm phong không mở được: sai khóa hoặc dữ liệu đã bị thay đổi.",
          "Sealed content can't be opened: another key, or the bytes were changed."};
}

}  // namespace

std::string random_bytes(std::size_t count) {
  thread_local std::array<std::uint8_t, 4096> pool;
  thread_local std::size_t used = pool.size();
  std::string out(count, '\0');
  auto* to = reinterpret_cast<std::uint8_t*>(out.data());
  if (count > pool.size()) {
    draw(to, count);
    return out;
  }
  if (pool.size() - used < count) {
    draw(pool.data(), pool.size());
    used = 0;
  }
  std::memcpy(to, pool.data() + used, count);
  OPENSSL_cleanse(pool.data() + used, count);
  used += count;
  return out;
}

Key random_key() { return *Key::from(random_bytes(Key::kSize)); }

std::string seal(const Key& key, std::string_view plain, std::string_view bound) {
  std::string out = random_bytes(kNonceBytes);
  out.resize(kNonceBytes + plain.size() + kTagBytes);
  auto* to = reinterpret_cast<std::uint8_t*>(out.data());
  auto* cipher = context();
  int written = 0;
  int last = 0;
  const bool done =
      EVP_EncryptInit_ex2(cipher, algorithm(), key.bytes.data(), to, nullptr) == 1 &&
      EVP_EncryptUpdate(cipher, nullptr, &written, bytes_of(bound), static_cast<int>(bound.size())) == 1 &&
      EVP_EncryptUpdate(cipher, to + kNonceBytes, &written, bytes_of(plain), static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher, to + kNonceBytes + written, &last) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, kTagBytes, to + kNonceBytes + plain.size()) == 1;
  if (!done) std::abort();
  return out;
}

Result<std::string> open_sealed(const Key& key, std::string_view sealed, std::string_view bound) {
  if (sealed.size() < kNonceBytes + kTagBytes) return failure(broken());
  const auto body = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::array<std::uint8_t, kTagBytes> tag{};
  std::memcpy(tag.data(), sealed.data() + sealed.size() - kTagBytes, kTagBytes);
  std::string out(body.size(), '\0');
  auto* to = reinterpret_cast<std::uint8_t*>(out.data());
  auto* cipher = context();
  int written = 0;
  int last = 0;
  const bool done = EVP_DecryptInit_ex2(cipher, algorithm(), key.bytes.data(), bytes_of(sealed), nullptr) == 1 &&
                    EVP_DecryptUpdate(cipher, nullptr, &written, bytes_of(bound), static_cast<int>(bound.size())) == 1 &&
                    EVP_DecryptUpdate(cipher, to, &written, bytes_of(body), static_cast<int>(body.size())) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
                    EVP_DecryptFinal_ex(cipher, to + written, &last) == 1;
  if (!done) return failure(broken());
  return out;
}

Key derive_key(const Key& key, std::string_view label) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.bytes.data(), static_cast<int>(Key::kSize), bytes_of(label), label.size(), out.data(), &size);
  Key derived;
  std::copy_n(out.begin(), Key::kSize, derived.bytes.begin());
  return derived;
}

Result<Key> read_key_file(const std::string& path) {
  std::ifstream in(path);
  std::string hex;
  in >> hex;
  const auto raw = from_hex(hex);
  const auto key = raw ? Key::from(*raw) : failure(raw.error());
  if (!in.is_open() || !key) {
    return failure(
        {ErrorCode::kInvalidArgument, "KEY_FILE",
         "Tệp khóa " + path + " không có hoặc không gồm 64 chữ số thập lục phân; tạo bằng: openssl rand -hex 32 > " + path,
         "The key file " + path + " is missing or has not 64 hexadecimal digits; make one with: openssl rand -hex 32 > " +
             path});
  }
  return *key;
}

}  // namespace lienthong::crypto
